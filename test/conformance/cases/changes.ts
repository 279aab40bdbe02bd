/** Upstream cases about change: policies edited and deleted, pods and namespaces relabelled. */

import { applyPolicy, deletePolicy, labelNamespace, labelPod } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };

export const CHANGE_CASES: readonly ConformanceCase[] = [
  {
    upstream: 20,
    name: 'should enforce updated policy',
    pods: ['x/a', 'y/a'],
    ports: ['81/TCP'],
    steps: [
      { does: [applyPolicy('x/changes', { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] })], default: 'allow' },
      {
        does: [applyPolicy('x/changes', { podSelector: {}, policyTypes: ['Ingress'], ingress: [] })],
        default: 'allow',
        overrides: ['deny * > x/*'],
      },
    ],
  },
  {
    upstream: 21,
    name: 'should allow ingress access from updated namespace',
    pods: ['x/a', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/from-updated', {
            podSelector: A,
            ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns2: 'updated' } } }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a'],
      },
      { does: [labelNamespace('y', { ns2: 'updated' })], default: 'allow' },
    ],
  },
  {
    upstream: 22,
    name: 'should allow ingress access from updated pod',
    pods: ['x/a', 'x/b'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/from-updated', { podSelector: A, ingress: [{ from: [{ podSelector: { matchLabels: { pod2: 'updated' } } }] }] }),
        ],
        default: 'allow',
        overrides: ['deny x/b > x/a'],
      },
      { does: [labelPod('x/b', { pod2: 'updated' })], default: 'allow' },
    ],
  },
  {
    upstream: 24,
    name: 'should deny ingress access to updated pod',
    pods: ['x/a', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/deny-to-isolated', {
            podSelector: { matchLabels: { target: 'isolated' } },
            policyTypes: ['Ingress'],
            ingress: [],
          }),
        ],
        default: 'allow',
      },
      { does: [labelPod('x/a', { target: 'isolated' })], default: 'allow', overrides: ['deny * > x/a'] },
    ],
  },
  {
    upstream: 33,
    name: 'should stop enforcing policies after they are deleted',
    pods: ['x/a', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/deny-all', { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [], egress: [] })],
        default: 'allow',
        overrides: ['deny * > x/*', 'deny x/* > *'],
      },
      { does: [deletePolicy('x/deny-all')], default: 'allow' },
    ],
  },
];
