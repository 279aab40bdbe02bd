/** Rows of the semantics about ports, their names, and protocols. */

import { podManifest } from '../../support/builders/manifests.ts';
import { applyPolicy } from '../case.ts';
import type { ConformanceCase, Step } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };
const EVERYTHING = ['80/TCP', '81/TCP', '80/UDP', '81/UDP', '80/SCTP', '81/SCTP', 'ICMP'] as const;

/** One step: x/a takes connections from anyone at these ports; lines say what gets through. */
function at(ports: readonly unknown[], ...lines: readonly string[]): Step {
  return { does: [applyPolicy('x/p', { podSelector: A, ingress: [{ ports }] })], default: 'allow', overrides: ['deny * > x/a', ...lines] };
}

/** Names by number on each pod; what the pods with other names serve is the same. */
const named = (
  key: string,
  host: number,
  ...containers: readonly (readonly [name: string, port: number])[]
): ReturnType<typeof podManifest> =>
  podManifest(key, {
    labels: { pod: key.slice(2), named: 'yes' },
    node: 'node-1',
    addresses: [`10.244.1.${host}`, `fd00:10:244:1::${host}`],
    startedAt: 0,
    containers: containers.map(([name, containerPort]) => [{ name, containerPort }]),
  });

const EIGHTY = named('z/eighty', 50, ['web', 80], ['other', 81]);
const EIGHTY_ONE = named('z/eightyone', 51, ['web', 81], ['other', 80]);
const TWICE = named('z/twice', 52, ['web', 81], ['web', 80]);
const SIDECAR = podManifest('z/sidecar', {
  labels: { pod: 'sidecar' },
  node: 'node-1',
  addresses: ['10.244.1.53', 'fd00:10:244:1::53'],
  startedAt: 0,
  containers: [[{ name: 'other', containerPort: 81 }]],
  sidecars: [[{ name: 'web', containerPort: 80 }]],
});

/** One name, one number for each protocol. */
const BY_PROTOCOL = podManifest('z/byprotocol', {
  labels: { pod: 'byprotocol' },
  node: 'node-1',
  addresses: ['10.244.1.54', 'fd00:10:244:1::54'],
  startedAt: 0,
  containers: [
    [
      { name: 'web', protocol: 'TCP', containerPort: 80 },
      { name: 'web', protocol: 'UDP', containerPort: 81 },
      { name: 'more', protocol: 'TCP', containerPort: 81 },
      { name: 'less', protocol: 'UDP', containerPort: 80 },
    ],
  ],
});

export const PORT_SEMANTICS: readonly ConformanceCase[] = [
  {
    name: '`ports` missing or empty: every protocol and port, ICMP included',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: EVERYTHING,
    steps: [
      { does: [applyPolicy('x/p', { podSelector: A, ingress: [{ from: [{ namespaceSelector: {} }] }] })], default: 'allow' },
      {
        does: [applyPolicy('x/p', { podSelector: A, ingress: [{ from: [{ podSelector: {} }], ports: [] }] })],
        default: 'allow',
        overrides: ['deny y/a > x/a'],
      },
    ],
  },
  {
    name: 'a `ports` entry `{}`: every TCP port',
    pods: ['x/a', 'y/a'],
    ports: EVERYTHING,
    steps: [at([{}], 'allow * > x/a TCP'), at([{ protocol: 'UDP' }, {}], 'allow * > x/a TCP', 'allow * > x/a UDP')],
  },
  {
    name: "named port: the destination pod's container port of that name and protocol, resolved for each pod",
    pods: ['x/a', 'z/eighty', 'z/eightyone'],
    ports: ['80/TCP', '81/TCP'],
    world: [EIGHTY, EIGHTY_ONE],
    steps: [
      {
        does: [applyPolicy('z/p', { podSelector: { matchLabels: { named: 'yes' } }, ingress: [{ ports: [{ port: 'web' }] }] })],
        default: 'allow',
        overrides: ['deny * > z/*', 'allow * > z/eighty :80', 'allow * > z/eightyone :81'],
      },
      {
        does: [
          applyPolicy('z/p', { podSelector: { matchLabels: { named: 'yes' } }, ingress: [{ ports: [{ port: 'web', protocol: 'UDP' }] }] }),
        ],
        default: 'allow',
        overrides: ['deny * > z/*'],
      },
      {
        does: [applyPolicy('z/p', { podSelector: { matchLabels: { named: 'yes' } }, ingress: [{ ports: [{ port: 'no-such-name' }] }] })],
        default: 'allow',
        overrides: ['deny * > z/*'],
      },
    ],
  },
  {
    name: 'named port: of that name and protocol',
    pods: ['x/a', 'z/byprotocol'],
    ports: ['80/TCP', '81/TCP', '80/UDP', '81/UDP'],
    world: [BY_PROTOCOL],
    steps: [
      {
        does: [
          applyPolicy('z/p', {
            podSelector: { matchLabels: { pod: 'byprotocol' } },
            ingress: [{ ports: [{ port: 'web', protocol: 'UDP' }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > z/byprotocol', 'allow * > z/byprotocol :81 UDP'],
      },
      {
        does: [applyPolicy('x/p', { podSelector: A, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'web', protocol: 'TCP' }] }] })],
        default: 'allow',
        overrides: ['deny * > z/byprotocol', 'deny x/a > *'],
      },
      {
        does: [applyPolicy('z/p', { podSelector: { matchLabels: { pod: 'byprotocol' } }, ingress: [{ ports: [{ port: 'web' }] }] })],
        default: 'allow',
        overrides: ['deny * > z/byprotocol', 'deny x/a > *', 'allow x/a > z/byprotocol :80 TCP'],
      },
    ],
  },
  {
    name: 'named port: native sidecars count',
    pods: ['x/a', 'z/sidecar'],
    ports: ['80/TCP', '81/TCP'],
    world: [SIDECAR],
    steps: [
      {
        does: [applyPolicy('z/p', { podSelector: { matchLabels: { pod: 'sidecar' } }, ingress: [{ ports: [{ port: 'web' }] }] })],
        default: 'allow',
        overrides: ['deny * > z/sidecar', 'allow * > z/sidecar :80'],
      },
    ],
  },
  {
    name: 'named port in egress without `to`, or with ipBlock: resolves against pods only',
    pods: ['x/a', 'z/eighty', 'z/eightyone'],
    others: ['stranger', 'node-2'],
    ports: ['80/TCP', '81/TCP'],
    world: [EIGHTY, EIGHTY_ONE],
    steps: [
      {
        does: [applyPolicy('x/p', { podSelector: A, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'web' }] }] })],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > z/eighty :80', 'allow x/a > z/eightyone :81'],
      },
      {
        does: [
          applyPolicy('x/p', {
            podSelector: A,
            policyTypes: ['Egress'],
            egress: [{ to: [{ ipBlock: { cidr: '{z/eighty}/32' } }, { ipBlock: { cidr: '198.51.100.0/24' } }], ports: [{ port: 'web' }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > z/eighty :80 v4'],
      },
    ],
  },
  {
    name: 'one port name twice in a pod (two containers): the first in container order',
    pods: ['x/a', 'z/twice'],
    ports: ['80/TCP', '81/TCP'],
    world: [TWICE],
    steps: [
      {
        does: [applyPolicy('z/p', { podSelector: { matchLabels: { pod: 'twice' } }, ingress: [{ ports: [{ port: 'web' }] }] })],
        default: 'allow',
        overrides: ['deny * > z/twice', 'allow * > z/twice :81'],
      },
      {
        does: [
          applyPolicy('z/p', { podSelector: { matchLabels: { pod: 'twice' } }, ingress: [{}] }),
          applyPolicy('x/p', { podSelector: A, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'web' }] }] }),
        ],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > z/twice :81'],
      },
    ],
  },
  {
    name: '`endPort`: inclusive, numeric ports only',
    pods: ['x/a', 'y/a'],
    ports: ['80/TCP', '81/TCP', '80/UDP'],
    steps: [
      at([{ port: 79, endPort: 80 }], 'allow * > x/a :80 TCP'),
      at([{ port: 80, endPort: 80 }], 'allow * > x/a :80 TCP'),
      at([{ port: 81, endPort: 65535 }], 'allow * > x/a :81 TCP'),
      at([{ port: 1, endPort: 79 }]),
      at([{ port: 80, endPort: 81 }], 'allow * > x/a TCP'),
      at([{ port: 1, endPort: 65535, protocol: 'UDP' }], 'allow * > x/a UDP'),
    ],
  },
  {
    name: 'SCTP rule: never TCP; isolates even where the kernel has no SCTP',
    pods: ['x/a', 'y/a'],
    ports: ['80/TCP', '80/UDP', '80/SCTP', '81/SCTP', 'ICMP'],
    steps: [at([{ port: 80, protocol: 'SCTP' }], 'allow * > x/a :80 SCTP'), at([{ port: 80 }], 'allow * > x/a :80 TCP')],
  },
];
