/** Rows of the semantics about peers that are named by labels. */

import { podManifest } from '../../support/builders/manifests.ts';
import { applyPolicy } from '../case.ts';
import type { ConformanceCase, Step } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };
const B = { matchLabels: { pod: 'b' } };
const Y = { matchLabels: { ns: 'y' } };

/** One step: x/a takes connections from these peers, and only the named ones get through. */
function from(peers: readonly unknown[], allowed: readonly string[]): Step {
  return {
    does: [applyPolicy('x/p', { podSelector: A, ingress: [{ from: peers }] })],
    default: 'allow',
    overrides: ['deny * > x/a', ...allowed.map((who) => `allow ${who} > x/a`)],
  };
}

/** Its namespace has no manifest. */
const LOST = podManifest('w/lost', {
  labels: { pod: 'lost' },
  node: 'node-2',
  addresses: ['10.244.2.70', 'fd00:10:244:2::70'],
  startedAt: 0,
  containers: [[{ containerPort: 80 }]],
});

export const PEER_SEMANTICS: readonly ConformanceCase[] = [
  {
    name: '`from`/`to` missing or empty',
    pods: ['x/a', 'x/b', 'y/a'],
    others: ['stranger', 'node-2'],
    ports: ['80/TCP', '80/UDP', 'ICMP'],
    steps: [
      {
        does: [
          applyPolicy('x/p', {
            podSelector: A,
            policyTypes: ['Ingress', 'Egress'],
            ingress: [{ ports: [{ port: 80 }] }],
            egress: [{ to: [] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a UDP', 'deny * > x/a ICMP'],
      },
      {
        does: [
          applyPolicy('x/p', {
            podSelector: A,
            policyTypes: ['Ingress', 'Egress'],
            ingress: [{ from: [] }],
            egress: [{ ports: [{ port: 80 }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny x/a > * UDP', 'deny x/a > * ICMP'],
      },
    ],
  },
  {
    name: '`podSelector: {}` in a peer',
    pods: ['x/a', 'x/b', 'x/c', 'y/a'],
    others: ['stranger'],
    ports: ['80/TCP'],
    steps: [from([{ podSelector: {} }], ['x/*'])],
  },
  {
    name: '`namespaceSelector: {}` in a peer',
    pods: ['x/a', 'x/b', 'y/a', 'z/c'],
    others: ['stranger', 'node-2'],
    ports: ['80/TCP'],
    steps: [from([{ namespaceSelector: {} }], ['x/*,y/*,z/*'])],
  },
  {
    name: 'both selectors in one peer: both must hold; as two peers: either',
    pods: ['x/a', 'x/b', 'y/a', 'y/b', 'z/b'],
    ports: ['80/TCP'],
    steps: [
      from([{ namespaceSelector: Y, podSelector: B }], ['y/b']),
      from([{ namespaceSelector: Y }, { podSelector: B }], ['y/*', 'x/b']),
    ],
  },
  {
    name: '`matchExpressions`: NotIn and DoesNotExist also match where the key is absent',
    pods: ['x/a', 'x/b', 'x/c', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      from([{ podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['b', 'z'] }] } }], ['x/b']),
      from([{ podSelector: { matchExpressions: [{ key: 'pod', operator: 'NotIn', values: ['b'] }] } }], ['x/c']),
      from([{ podSelector: { matchExpressions: [{ key: 'no-such-key', operator: 'NotIn', values: ['b'] }] } }], ['x/*']),
      from([{ podSelector: { matchExpressions: [{ key: 'no-such-key', operator: 'In', values: ['b'] }] } }], []),
      from([{ podSelector: { matchExpressions: [{ key: 'pod', operator: 'Exists' }] } }], ['x/*']),
      from([{ podSelector: { matchExpressions: [{ key: 'pod', operator: 'DoesNotExist' }] } }], []),
      from([{ podSelector: { matchExpressions: [{ key: 'no-such-key', operator: 'DoesNotExist' }] } }], ['x/*']),
      from([{ podSelector: { matchLabels: { pod: 'b' }, matchExpressions: [{ key: 'pod', operator: 'NotIn', values: ['c'] }] } }], ['x/b']),
    ],
  },
  {
    name: '`from: [{}]`, a peer of unknown or mixed kind, matches nothing',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      from([{}], []),
      from([{ nodeSelector: {} }], []),
      from([{ podSelector: {}, ipBlock: { cidr: '0.0.0.0/0' } }], []),
      from([{ podSelector: null, namespaceSelector: null }], []),
      from([{}, { podSelector: B }], ['x/b']),
    ],
  },
  {
    name: '`kubernetes.io/metadata.name` is present on every namespace, also for manifests that lack it',
    pods: ['x/a', 'x/b', 'y/a', 'z/a', 'w/lost'],
    ports: ['80/TCP'],
    world: [LOST],
    steps: [
      from([{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'w' } } }], ['w/lost']),
      from(
        [{ namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['x', 'z'] }] } }],
        ['x/*,z/*'],
      ),
    ],
  },
];
