/** The base policy with other ports, in each direction none, one of each kind, ones that fit nothing, and pairs (70 cases). */

import type { Manifest } from '../../../support/builders/manifests.ts';
import type { ConformanceCase } from '../../case.ts';
import { BASE_EGRESS, BASE_INGRESS, perturbed } from './base.ts';

/** What a rule's ports open to its peers, as the ends of lines: `''` is everything, `TCP` all of it; none at all where nothing. */
interface PortTable {
  readonly ports: readonly Manifest[];
  readonly ingress: readonly string[];
  readonly egress: readonly string[];
}

const NONE_AT_ALL: PortTable = { ports: [], ingress: [''], egress: [''] };

const SINGLES: readonly PortTable[] = [
  { ports: [{}], ingress: ['TCP'], egress: ['TCP'] },
  { ports: [{ port: 80 }], ingress: [':80 TCP'], egress: [':80 TCP'] },
  { ports: [{ port: 81 }], ingress: [':81 TCP'], egress: [':81 TCP'] },
  { ports: [{ protocol: 'TCP' }], ingress: ['TCP'], egress: ['TCP'] },
  { ports: [{ protocol: 'TCP', port: 80 }], ingress: [':80 TCP'], egress: [':80 TCP'] },
  { ports: [{ protocol: 'TCP', port: 81 }], ingress: [':81 TCP'], egress: [':81 TCP'] },
  { ports: [{ protocol: 'UDP' }], ingress: ['UDP'], egress: ['UDP'] },
  { ports: [{ protocol: 'UDP', port: 80 }], ingress: [':80 UDP'], egress: [':80 UDP'] },
  { ports: [{ protocol: 'UDP', port: 81 }], ingress: [':81 UDP'], egress: [':81 UDP'] },
  { ports: [{ protocol: 'SCTP' }], ingress: ['SCTP'], egress: ['SCTP'] },
  { ports: [{ protocol: 'SCTP', port: 80 }], ingress: [':80 SCTP'], egress: [':80 SCTP'] },
  { ports: [{ protocol: 'SCTP', port: 81 }], ingress: [':81 SCTP'], egress: [':81 SCTP'] },
  { ports: [{ protocol: 'TCP', port: 'serve-80-tcp' }], ingress: [':80 TCP'], egress: [':80 TCP'] },
  { ports: [{ protocol: 'TCP', port: 'serve-81-tcp' }], ingress: [':81 TCP'], egress: [':81 TCP'] },
  { ports: [{ protocol: 'UDP', port: 'serve-80-udp' }], ingress: [':80 UDP'], egress: [':80 UDP'] },
  { ports: [{ protocol: 'UDP', port: 'serve-81-udp' }], ingress: [':81 UDP'], egress: [':81 UDP'] },
  { ports: [{ protocol: 'SCTP', port: 'serve-80-sctp' }], ingress: [':80 SCTP'], egress: [':80 SCTP'] },
  { ports: [{ protocol: 'SCTP', port: 'serve-81-sctp' }], ingress: [':81 SCTP'], egress: [':81 SCTP'] },
  { ports: [{ protocol: 'TCP', port: 53, endPort: 80 }], ingress: [':80 TCP'], egress: [':80 TCP'] },
  { ports: [{ protocol: 'TCP', port: 53, endPort: 84 }], ingress: [':80 TCP', ':81 TCP'], egress: [':80 TCP', ':81 TCP'] },
  { ports: [{ protocol: 'UDP', port: 53, endPort: 80 }], ingress: [':80 UDP'], egress: [':80 UDP'] },
  { ports: [{ protocol: 'UDP', port: 53, endPort: 84 }], ingress: [':80 UDP', ':81 UDP'], egress: [':80 UDP', ':81 UDP'] },
  { ports: [{ protocol: 'SCTP', port: 53, endPort: 80 }], ingress: [':80 SCTP'], egress: [':80 SCTP'] },
  { ports: [{ protocol: 'SCTP', port: 53, endPort: 84 }], ingress: [':80 SCTP', ':81 SCTP'], egress: [':80 SCTP', ':81 SCTP'] },
];

/** A name of another protocol, a name that no pod has, a number that no pod serves. */
const FITTING_NOTHING: readonly PortTable[] = [
  { ports: [{ protocol: 'TCP', port: 'serve-81-udp' }], ingress: [], egress: [] },
  { ports: [{ protocol: 'TCP', port: 'serve-7981-udp' }], ingress: [], egress: [] },
  { ports: [{ protocol: 'TCP', port: 7981 }], ingress: [], egress: [] },
];

const PAIRS: readonly PortTable[] = [
  { ports: [{}, { port: 80 }], ingress: ['TCP'], egress: ['TCP'] },
  { ports: [{}, { port: 'serve-80-tcp' }], ingress: ['TCP'], egress: ['TCP'] },
  { ports: [{}, { protocol: 'UDP' }], ingress: ['TCP', 'UDP'], egress: ['TCP', 'UDP'] },
  { ports: [{ port: 80 }, { port: 81 }], ingress: [':80 TCP', ':81 TCP'], egress: [':80 TCP', ':81 TCP'] },
  { ports: [{ port: 80 }, { port: 'serve-81-tcp' }], ingress: [':80 TCP', ':81 TCP'], egress: [':80 TCP', ':81 TCP'] },
  {
    ports: [{ port: 80 }, { protocol: 'UDP', port: 'serve-81-udp' }],
    ingress: [':80 TCP', ':81 UDP'],
    egress: [':80 TCP', ':81 UDP'],
  },
  {
    ports: [
      { protocol: 'UDP', port: 80 },
      { protocol: 'UDP', port: 'serve-81-udp' },
    ],
    ingress: [':80 UDP', ':81 UDP'],
    egress: [':80 UDP', ':81 UDP'],
  },
];

export const PORT_CASES: readonly ConformanceCase[] = [NONE_AT_ALL, ...SINGLES, ...FITTING_NOTHING, ...PAIRS].flatMap((table) => {
  const { ports, ingress, egress } = table;
  return [
    perturbed(`ingress ports: ${describe(ports)}`, { ingressPorts: ports }, [
      'deny * > x/a',
      ...ingress.map((end) => `allow x/b,x/c,y/b,y/c > x/a ${end}`.trimEnd()),
      ...BASE_EGRESS,
    ]),
    perturbed(`egress ports: ${describe(ports)}`, { egressPorts: ports }, [
      ...BASE_INGRESS,
      'deny x/a > *',
      ...egress.map((end) => `allow x/a > y/a,y/b,z/a,z/b ${end}`.trimEnd()),
    ]),
  ];
});

function describe(ports: readonly Manifest[]): string {
  return ports.length === 0 ? 'none, so all' : ports.map((port) => JSON.stringify(port).replaceAll('"', '')).join(' + ');
}
