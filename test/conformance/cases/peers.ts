/** Upstream cases about who may come in: pod selectors, namespace selectors, and both. */

import { applyPolicy } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };
const B = { matchLabels: { pod: 'b' } };
const C = { matchLabels: { pod: 'c' } };
const Y = { matchLabels: { ns: 'y' } };

export const PEER_CASES: readonly ConformanceCase[] = [
  {
    upstream: 3,
    name: 'should enforce policy to allow traffic from pods within server namespace based on PodSelector',
    pods: ['x/a', 'x/b', 'x/c', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-from-b', { podSelector: A, ingress: [{ from: [{ podSelector: B }] }] })],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow x/b > x/a'],
      },
    ],
  },
  {
    upstream: 4,
    name: 'should enforce policy to allow ingress traffic for a target',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/deny-all', { podSelector: {}, policyTypes: ['Ingress'], ingress: [] }),
          applyPolicy('x/allow-all-to-a', { podSelector: A, ingress: [{}] }),
        ],
        default: 'allow',
        overrides: ['deny * > x/b'],
      },
    ],
  },
  {
    upstream: 5,
    name: 'should enforce policy to allow ingress traffic from pods in all namespaces',
    pods: ['x/a', 'x/b', 'y/a', 'z/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-from-everywhere', { podSelector: A, ingress: [{ from: [{ namespaceSelector: {} }] }] })],
        default: 'allow',
      },
    ],
  },
  {
    upstream: 6,
    name: 'should enforce policy to allow traffic only from a different namespace, based on NamespaceSelector',
    pods: ['x/a', 'x/b', 'y/a', 'z/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-from-y', { podSelector: A, ingress: [{ from: [{ namespaceSelector: Y }] }] })],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/* > x/a'],
      },
    ],
  },
  {
    upstream: 7,
    name: 'should enforce policy based on PodSelector with MatchExpressions',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/allow-from-b', {
            podSelector: A,
            ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['b'] }] } }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow x/b > x/a'],
      },
    ],
  },
  {
    upstream: 8,
    name: 'should enforce policy based on NamespaceSelector with MatchExpressions',
    pods: ['x/a', 'x/b', 'y/a', 'z/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/allow-from-y', {
            podSelector: A,
            ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'In', values: ['y'] }] } }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/* > x/a'],
      },
    ],
  },
  {
    upstream: 9,
    name: 'should enforce policy based on PodSelector or NamespaceSelector',
    pods: ['x/a', 'x/b', 'x/c', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-from-y-or-b', { podSelector: A, ingress: [{ from: [{ namespaceSelector: Y }, { podSelector: B }] }] })],
        default: 'allow',
        overrides: ['deny x/c > x/a'],
      },
    ],
  },
  {
    upstream: 10,
    name: 'should enforce policy based on PodSelector and NamespaceSelector',
    pods: ['x/a', 'x/b', 'y/a', 'y/b', 'z/b'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/allow-from-foreign-b', {
            podSelector: A,
            ingress: [
              {
                from: [{ namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] }, podSelector: B }],
              },
            ],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/b,z/b > x/a'],
      },
    ],
  },
  {
    upstream: 11,
    name: 'should enforce policy based on Multiple PodSelectors and NamespaceSelectors',
    pods: ['x/a', 'x/b', 'y/a', 'y/b', 'y/c'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/allow-from-foreign-b-and-c', {
            podSelector: A,
            ingress: [
              {
                from: [
                  {
                    namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] },
                    podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['b', 'c'] }] },
                  },
                ],
              },
            ],
          }),
        ],
        default: 'allow',
        overrides: ['deny x/*,y/a > x/a'],
      },
    ],
  },
  {
    upstream: 12,
    name: 'should enforce policy based on any PodSelectors',
    pods: ['x/a', 'x/b', 'x/c'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-from-b-or-c', { podSelector: A, ingress: [{ from: [{ podSelector: B }, { podSelector: C }] }] })],
        default: 'allow',
      },
    ],
  },
  {
    upstream: 13,
    name: 'should enforce policy to allow traffic only from a pod in a different namespace based on PodSelector and NamespaceSelector',
    pods: ['x/a', 'x/b', 'y/a', 'y/b', 'z/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-from-y-a', { podSelector: A, ingress: [{ from: [{ namespaceSelector: Y, podSelector: A }] }] })],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/a > x/a'],
      },
    ],
  },
  {
    upstream: 23,
    name: 'should deny ingress from pods on other namespaces',
    pods: ['x/a', 'x/b', 'y/a', 'z/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/deny-foreigners', { podSelector: {}, ingress: [{ from: [{ podSelector: {} }] }] })],
        default: 'allow',
        overrides: ['deny y/*,z/* > x/*'],
      },
    ],
  },
  {
    upstream: 41,
    name: 'should enforce policy to allow traffic based on NamespaceSelector with MatchLabels using default ns label',
    pods: ['x/a', 'x/b', 'y/a', 'z/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/allow-from-y', {
            podSelector: A,
            ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'y' } } }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/* > x/a'],
      },
    ],
  },
];
