/** Rows of the semantics about policies that must not be accepted: they isolate what they select and allow nothing. */

import { applyPolicy, deletePolicy } from '../case.ts';
import type { ConformanceCase, Step } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };
const ALLOW_ALL = [{}];

/** One step: the policy isolates x/a in its types, and lets nothing through. */
function closes(spec: Readonly<Record<string, unknown>>, ...lines: readonly string[]): Step {
  return { does: [applyPolicy('x/p', { podSelector: A, ...spec })], default: 'allow', overrides: lines };
}

const INGRESS = 'deny * > x/a';
const EGRESS = 'deny x/a > *';

/** A good rule stands beside each bad port: the whole policy is closed. */
const badPort = (port: unknown): Step => closes({ ingress: [...ALLOW_ALL, { ports: [port] }] }, INGRESS);
const badBlock = (ipBlock: unknown): Step => closes({ ingress: [...ALLOW_ALL, { from: [{ ipBlock }] }] }, INGRESS);
const badSelector = (podSelector: unknown): Step => closes({ ingress: [...ALLOW_ALL, { from: [{ podSelector }] }] }, INGRESS);

export const INVALID_SEMANTICS: readonly ConformanceCase[] = [
  {
    name: 'an unknown type, protocol or operator fails closed',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      closes({ policyTypes: ['Ingress', 'Forward'], ingress: ALLOW_ALL, egress: ALLOW_ALL }, INGRESS, EGRESS),
      closes({ policyTypes: ['ingress'], ingress: ALLOW_ALL }, INGRESS, EGRESS),
      badPort({ protocol: 'ICMP' }),
      badPort({ protocol: 'tcp', port: 80 }),
      badSelector({ matchExpressions: [{ key: 'pod', operator: 'Gt', values: ['1'] }] }),
      badSelector({ matchExpressions: [{ key: 'pod', operator: 'exists' }] }),
    ],
  },
  {
    name: 'In or NotIn without values, Exists with values; `endPort` without `port`; port 0 or over 65535',
    pods: ['x/a', 'x/b'],
    ports: ['80/TCP'],
    steps: [
      badSelector({ matchExpressions: [{ key: 'pod', operator: 'In', values: [] }] }),
      badSelector({ matchExpressions: [{ key: 'pod', operator: 'NotIn' }] }),
      badSelector({ matchExpressions: [{ key: 'pod', operator: 'Exists', values: ['b'] }] }),
      badPort({ endPort: 90 }),
      badPort({ port: 0 }),
      badPort({ port: 65536 }),
    ],
  },
  {
    name: '`endPort < port` or a named port with endPort is invalid',
    pods: ['x/a', 'x/b'],
    ports: ['80/TCP'],
    steps: [badPort({ port: 90, endPort: 80 }), badPort({ port: 'serve-80-tcp', endPort: 90 }), badPort({ port: 80, endPort: 65536 })],
  },
  {
    name: '`port: "80"`: a (bad) port name, not the number 80',
    pods: ['x/a', 'x/b'],
    ports: ['80/TCP'],
    steps: [badPort({ port: '80' })],
  },
  {
    name: 'ipBlock with leading zeros or mapped IPv6 forms: invalid',
    pods: ['x/a', 'x/b'],
    ports: ['80/TCP'],
    steps: [
      badBlock({ cidr: '010.0.0.0/8' }),
      badBlock({ cidr: '::ffff:10.0.0.0/104' }),
      badBlock({ cidr: '::ffff:a00:0/104' }),
      badBlock({ cidr: '10.0.0.0' }),
      badBlock({ cidr: '10.0.0.0/33' }),
      badBlock({ cidr: '0.0.0.0/0', except: ['10.0.0.0/08'] }),
    ],
  },
  {
    name: 'invalid policy: isolates its selection in its policyTypes (both, if they cannot be read) and allows nothing',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP', '80/UDP'],
    steps: [
      closes({ policyTypes: ['Egress'], egress: [...ALLOW_ALL, { ports: [{ port: 0 }] }] }, EGRESS),
      closes({ policyTypes: ['Ingress'], ingress: 'all' }, INGRESS),
      closes({ policyTypes: 'Ingress', ingress: ALLOW_ALL }, INGRESS, EGRESS),
      closes({ ingress: [{ form: [] }] }, INGRESS),
      closes({ ingress: ALLOW_ALL, egress: 'all' }, INGRESS, EGRESS),
      closes({ ingress: ALLOW_ALL, egress: {} }, INGRESS, EGRESS),
      {
        does: [deletePolicy('x/p'), applyPolicy('x/q', { podSelector: A, ingress: [{ from: [{ podSelector: {} }] }] })],
        default: 'allow',
        overrides: ['deny y/a > x/a'],
      },
      // Policies add up: a bad one takes nothing from its neighbour.
      { does: [applyPolicy('x/p', { podSelector: A, ingress: [{ ports: 80 }] })], default: 'allow', overrides: ['deny y/a > x/a'] },
      { does: [applyPolicy('x/p', { podSelector: A, ingress: ALLOW_ALL })], default: 'allow' },
    ],
  },
  {
    name: 'invalid policy: if the selection cannot be read, nothing is selected',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      { does: [applyPolicy('x/p', { podSelector: { matchLabels: 'a' }, ingress: [] })], default: 'allow' },
      {
        does: [applyPolicy('x/p', { podSelector: { matchExpressions: [{ key: 'pod', operator: 'Is', values: ['a'] }] } })],
        default: 'allow',
      },
      { does: [applyPolicy('x/p', { podSelector: { pod: 'a' } })], default: 'allow' },
    ],
  },
];
