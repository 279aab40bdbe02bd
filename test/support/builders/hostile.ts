/** What a hostile tenant may write: manifests of the namespace `hostile` that ask for as much as they can, each kind of excess by its name. */

import { podManifest, policyManifest, type Manifest } from './manifests.ts';

export interface HostileOptions {
  /** Divides every number of the excess, for tests that need only its shape. Default 1. */
  readonly divisor?: number;
  /** Milliseconds since the epoch at which the first of its policies was made; each later one is a second younger. */
  readonly createdAt?: number;
  /** Node of its pod `hostile/x`, which every policy selects. */
  readonly node?: string;
}

/** Addresses of its other pods, on other nodes. */
const PODS = '10.66';

export const EXCESSES = [
  'policies',
  'cidrs',
  'excepts',
  'small blocks',
  'ports',
  'port ranges',
  'port unions',
  'selectors',
  'label values',
  'rules',
  'split pods',
  'port names',
] as const;
export type Excess = (typeof EXCESSES)[number];

/** Policies of one excess, and the pods that it needs beside `hostile/x`. */
export function hostileManifests(excess: Excess, options: HostileOptions = {}): Manifest[] {
  const { divisor = 1, createdAt = 2_000_000 } = options;
  const some = (amount: number): number => Math.max(1, Math.round(amount / divisor));
  const policies = (specs: readonly Manifest[]): Manifest[] =>
    specs.map((spec, index) =>
      policyManifest(
        `hostile/${excess.replaceAll(' ', '-')}-${String(index).padStart(4, '0')}`,
        { podSelector: {}, ...spec },
        { createdAt: createdAt + index * 1000, uid: `hostile-${excess}-${String(index).padStart(4, '0')}` },
      ),
    );
  const one = (spec: Manifest): Manifest[] => policies([spec]);
  switch (excess) {
    case 'policies':
      return policies(times(some(500), (index) => ({ ingress: [{ from: [byLabel('n', String(index))], ports: [{ port: 1 + index }] }] })));
    case 'cidrs':
      return one({
        ingress: [
          {
            from: times(some(20_000), (index) => ({
              ipBlock: { cidr: `172.${16 + (index >> 14)}.${(index >> 6) & 255}.${(index & 63) * 4}/31` },
            })),
          },
        ],
      });
    case 'excepts':
      return one({
        ingress: [
          {
            from: [
              {
                ipBlock: {
                  cidr: '172.16.0.0/12',
                  except: times(some(20_000), (index) => `172.${16 + (index >> 14)}.${(index >> 6) & 255}.${(index & 63) * 4}/31`),
                },
              },
            ],
          },
        ],
      });
    case 'small blocks':
      return policies(
        times(some(2000), (index) => ({
          egress: [{ to: [{ ipBlock: { cidr: `172.${16 + (index >> 12)}.${(index >> 4) & 255}.${(index & 15) * 16}/28` } }] }],
        })),
      );
    case 'ports':
      return one({ ingress: [{ from: [ANYBODY], ports: times(some(10_000), (index) => ({ port: 1 + index * 2 })) }] });
    case 'port ranges':
      return one({
        ingress: [
          {
            from: [ANYBODY],
            ports: times(some(4000), (index) => ({
              port: 1 + index * 16,
              endPort: 14 + index * 16,
              protocol: ['TCP', 'UDP', 'SCTP'][index % 3],
            })),
          },
        ],
      });
    case 'port unions':
      // What a pod may reach is the union of the rules that name one of its labels: each set of bits has ports of its own.
      return [
        ...pods(some(2048), (index) => Object.fromEntries(times(11, (bit) => [`bit${bit}`, String((index >> bit) & 1)]))),
        ...policies(
          times(11, (bit) => ({
            ingress: [{ from: [byLabel(`bit${bit}`, '1')], ports: times(some(200), (index) => ({ port: 1 + (index * 11 + bit) * 2 })) }],
          })),
        ),
      ];
    case 'selectors':
      return one({ ingress: [{ from: times(some(5000), (index) => byLabel('n', String(index))) }] });
    case 'label values':
      return policies(
        times(some(20), (index) => ({
          ingress: [
            {
              from: [
                {
                  namespaceSelector: {},
                  podSelector: {
                    matchExpressions: [
                      {
                        key: 'n',
                        operator: index % 2 === 0 ? 'In' : 'NotIn',
                        values: times(some(5000), (value) => `v${value * (index + 1)}`),
                      },
                    ],
                  },
                },
              ],
            },
          ],
        })),
      );
    case 'rules':
      return one({ egress: times(some(1000), (index) => ({ to: [byLabel('n', String(index))], ports: [{ port: 1 + index }] })) });
    case 'split pods':
      return [
        ...pods(some(4096), (index) => Object.fromEntries(times(12, (bit) => [`bit${bit}`, String((index >> bit) & 1)]))),
        ...policies(times(12, (bit) => ({ egress: [{ to: [byLabel(`bit${bit}`, '1')] }] }))),
      ];
    case 'port names':
      return [
        ...times(some(1000), (index) =>
          podManifest(`hostile/named-${index}`, {
            node: 'node-2',
            addresses: [addressOf(index)],
            containers: [times(8, (name) => ({ name: `p${name}`, containerPort: 1 + index * 8 + name }))],
          }),
        ),
        ...one({ egress: [{ ports: times(8, (name) => ({ port: `p${name}` })) }] }),
      ];
  }
}

export const ANYBODY: Manifest = { namespaceSelector: {} };

function byLabel(key: string, value: string): Manifest {
  return { namespaceSelector: {}, podSelector: { matchLabels: { [key]: value } } };
}

function pods(amount: number, labels: (index: number) => Record<string, string>): Manifest[] {
  return times(amount, (index) =>
    podManifest(`hostile/p${index}`, { node: 'node-2', addresses: [addressOf(index)], labels: labels(index) }),
  );
}

function addressOf(index: number): string {
  return `${PODS}.${index >> 8}.${index & 255}`;
}

export function times<Item>(amount: number, make: (index: number) => Item): Item[] {
  return Array.from({ length: amount }, (_, index) => make(index));
}

/** A policy `hostile/blocks` whose namespace takes longer to count than a little, so that what is new in it then has to wait; `network`: first number of its blocks. */
export function slowToCount(network: number): Manifest {
  const peers = times(12_000, (index) => ({ ipBlock: { cidr: `${network}.${index >> 8}.${index & 255}.0/24` } }));
  const spec = { podSelector: {}, ingress: [{ from: peers }], egress: [{ to: [...peers, { ipBlock: { cidr: '9.0.0.0/8' } }] }] };
  return policyManifest('hostile/blocks', spec, { createdAt: 2_000_000, uid: 'b' });
}
