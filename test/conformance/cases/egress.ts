/** Upstream cases about where a pod may go: selectors and address blocks. */

import { applyPolicy } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };
const Y = { matchLabels: { ns: 'y' } };

export const EGRESS_CASES: readonly ConformanceCase[] = [
  {
    upstream: 29,
    name: 'should enforce egress policy allowing traffic to a server in a different namespace based on PodSelector and NamespaceSelector',
    pods: ['x/a', 'y/a', 'y/b'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/to-y-a', {
            podSelector: A,
            policyTypes: ['Egress'],
            egress: [{ to: [{ namespaceSelector: Y, podSelector: A }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > y/a'],
      },
    ],
  },
  {
    upstream: 34,
    name: 'should allow egress access to server in CIDR block',
    pods: ['x/a', 'y/a', 'y/b'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/to-y-b', { podSelector: A, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '{y/b}/32' } }] }] })],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > y/b v4'],
      },
    ],
  },
  {
    upstream: 35,
    name: 'should enforce except clause while egress access to server in CIDR block',
    pods: ['x/a', 'x/b', 'x/c'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/all-but-b', {
            podSelector: A,
            policyTypes: ['Egress'],
            egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/4', except: ['{x/b}/32'] } }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny x/a > x/b', 'allow x/a > x/c v4', 'deny x/a > x/c v6'],
      },
    ],
  },
  {
    upstream: 36,
    name: 'should ensure an IP overlapping both IPBlock.CIDR and IPBlock.Except is allowed',
    pods: ['x/a', 'x/b', 'x/c'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/to-block', {
            podSelector: A,
            policyTypes: ['Egress'],
            egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/4', except: ['{x/b}/32'] } }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny x/a > x/b', 'allow x/a > x/c v4', 'deny x/a > x/c v6'],
      },
      {
        does: [
          applyPolicy('x/to-block', { podSelector: A, policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '{x/b}/32' } }] }] }),
        ],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > x/b v4'],
      },
    ],
  },
  {
    upstream: 42,
    name: 'should enforce policy based on NamespaceSelector with MatchExpressions using default ns label',
    pods: ['x/a', 'x/b', 'y/a', 'z/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/to-all-but-y', {
            podSelector: A,
            policyTypes: ['Egress'],
            egress: [
              {
                to: [
                  { namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: ['y'] }] } },
                ],
              },
            ],
          }),
        ],
        default: 'allow',
        overrides: ['deny x/a > y/a'],
      },
    ],
  },
];
