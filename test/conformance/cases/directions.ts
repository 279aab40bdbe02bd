/** Upstream cases about whole directions: default deny, allow all, and the two directions apart and together. */

import { applyPolicy } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };
const B = { matchLabels: { pod: 'b' } };
const X = { matchLabels: { ns: 'x' } };
const Y = { matchLabels: { ns: 'y' } };

export const DIRECTION_CASES: readonly ConformanceCase[] = [
  {
    upstream: 1,
    name: "should support a 'default-deny-ingress' policy",
    pods: ['x/a', 'x/b', 'y/a', 'y/b'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/deny-ingress', { podSelector: {}, policyTypes: ['Ingress'], ingress: [] })],
        default: 'allow',
        overrides: ['deny * > x/*'],
      },
    ],
  },
  {
    upstream: 2,
    name: "should support a 'default-deny-all' policy",
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [], egress: [] })],
        default: 'allow',
        overrides: ['deny * > x/*', 'deny x/* > *'],
      },
    ],
  },
  {
    upstream: 16,
    name: 'should support allow-all policy',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP', '81/TCP'],
    steps: [{ does: [applyPolicy('x/allow-all', { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] })], default: 'allow' }],
  },
  {
    upstream: 25,
    name: 'should deny egress from pods based on PodSelector',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/deny-egress', { podSelector: A, policyTypes: ['Egress'], egress: [] })],
        default: 'allow',
        overrides: ['deny x/a > *'],
      },
    ],
  },
  {
    upstream: 26,
    name: 'should deny egress from all pods in a namespace',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/deny-egress', { podSelector: {}, policyTypes: ['Egress'], egress: [] })],
        default: 'allow',
        overrides: ['deny x/* > *'],
      },
    ],
  },
  {
    upstream: 27,
    name: 'should work with Ingress, Egress specified together',
    pods: ['x/a', 'x/b', 'x/c', 'y/a'],
    ports: ['80/TCP', '81/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/both', {
            podSelector: A,
            policyTypes: ['Ingress', 'Egress'],
            ingress: [{ from: [{ podSelector: B }] }],
            egress: [{ ports: [{ port: 80 }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow x/b > x/a', 'deny x/a > * :81'],
      },
    ],
  },
  {
    upstream: 28,
    name: 'should support denying of egress traffic on the client side (even if the server explicitly allows this traffic)',
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
          applyPolicy('y/a-from-x-a', { podSelector: A, ingress: [{ from: [{ namespaceSelector: X, podSelector: A }] }] }),
          applyPolicy('y/b-from-x-a', { podSelector: B, ingress: [{ from: [{ namespaceSelector: X, podSelector: A }] }] }),
        ],
        default: 'allow',
        overrides: ['deny * > y/*', 'allow x/a > y/a'],
      },
    ],
  },
  {
    upstream: 31,
    name: 'should enforce multiple ingress policies with ingress allow-all policy taking precedence',
    pods: ['x/a', 'y/a'],
    ports: ['81/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-80', { podSelector: {}, ingress: [{ ports: [{ port: 80 }] }] })],
        default: 'allow',
        overrides: ['deny * > x/*'],
      },
      { does: [applyPolicy('x/allow-all', { podSelector: {}, ingress: [{}] })], default: 'allow' },
    ],
  },
  {
    upstream: 32,
    name: 'should enforce multiple egress policies with egress allow-all policy taking precedence',
    pods: ['x/a', 'y/a'],
    ports: ['81/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-80', { podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [{ port: 80 }] }] })],
        default: 'allow',
        overrides: ['deny x/* > *'],
      },
      { does: [applyPolicy('x/allow-all', { podSelector: {}, policyTypes: ['Egress'], egress: [{}] })], default: 'allow' },
    ],
  },
  {
    upstream: 37,
    name: 'should enforce policies to check ingress and egress policies can be controlled independently based on PodSelector',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/deny-ingress', { podSelector: A, policyTypes: ['Ingress'], ingress: [] }),
          applyPolicy('x/allow-egress', { podSelector: A, policyTypes: ['Egress'], egress: [{}] }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a'],
      },
    ],
  },
];
