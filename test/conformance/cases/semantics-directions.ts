/** Rows of the semantics about isolation: who is isolated, in which direction, and how policies add up. */

import { applyPolicy, deletePolicy, labelNamespace, labelPod } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };
const B = { matchLabels: { pod: 'b' } };
const Y = { matchLabels: { ns: 'y' } };

const FROM_B = { podSelector: A, ingress: [{ from: [{ podSelector: B }] }] };
const FROM_Y = { podSelector: A, ingress: [{ from: [{ namespaceSelector: Y }] }] };

export const DIRECTION_SEMANTICS: readonly ConformanceCase[] = [
  {
    name: 'pod selected by no policy in a direction',
    pods: ['x/a', 'x/b', 'y/a'],
    others: ['stranger'],
    ports: ['80/TCP', '80/UDP', 'ICMP'],
    steps: [
      { default: 'allow' },
      {
        does: [applyPolicy('x/a-only', { podSelector: A, policyTypes: ['Ingress'] })],
        default: 'allow',
        overrides: ['deny * > x/a'],
      },
    ],
  },
  {
    name: 'pod selected by any policy of a direction: policies and rules add up, order never matters',
    pods: ['x/a', 'x/b', 'x/c', 'y/a', 'z/a'],
    ports: ['80/TCP'],
    steps: [
      { does: [applyPolicy('x/from-b', FROM_B)], default: 'allow', overrides: ['deny * > x/a', 'allow x/b > x/a'] },
      { does: [applyPolicy('x/from-y', FROM_Y)], default: 'allow', overrides: ['deny x/c,z/* > x/a'] },
      { does: [deletePolicy('x/from-b')], default: 'allow', overrides: ['deny x/*,z/* > x/a'] },
      { does: [applyPolicy('x/from-b', FROM_B)], default: 'allow', overrides: ['deny x/c,z/* > x/a'] },
      {
        does: [deletePolicy('x/from-b'), applyPolicy('x/from-y', { podSelector: A, ingress: [...FROM_Y.ingress, ...FROM_B.ingress] })],
        default: 'allow',
        overrides: ['deny x/c,z/* > x/a'],
      },
      { does: [applyPolicy('x/deny', { podSelector: A, ingress: [] })], default: 'allow', overrides: ['deny x/c,z/* > x/a'] },
    ],
  },
  {
    name: "a connection needs the source's egress and the destination's ingress",
    pods: ['x/a', 'x/b', 'y/a', 'y/b'],
    ports: ['80/TCP', '80/UDP'],
    steps: [
      {
        does: [
          applyPolicy('x/to-y', { podSelector: A, policyTypes: ['Egress'], egress: [{ to: [{ namespaceSelector: Y }] }] }),
          applyPolicy('y/from-x-b', { podSelector: A, ingress: [{ from: [{ namespaceSelector: {}, podSelector: B }] }] }),
        ],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > y/b', 'deny */a > y/a'],
      },
    ],
  },
  {
    name: 'replies to an allowed connection',
    pods: ['x/a', 'y/a', 'y/b'],
    ports: ['80/TCP', '80/UDP'],
    steps: [
      {
        does: [
          applyPolicy('x/to-y-only', { podSelector: A, policyTypes: ['Ingress', 'Egress'], egress: [{ to: [{ namespaceSelector: Y }] }] }),
          applyPolicy('y/from-x-only', {
            podSelector: {},
            policyTypes: ['Ingress', 'Egress'],
            ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: 'x' } } }] }],
          }),
        ],
        default: 'deny',
        overrides: ['allow x/a > y/*'],
      },
    ],
  },
  {
    name: 'policyTypes omitted',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      { does: [applyPolicy('x/p', { podSelector: A })], default: 'allow', overrides: ['deny * > x/a'] },
      { does: [applyPolicy('x/p', { podSelector: A, egress: [] })], default: 'allow', overrides: ['deny * > x/a'] },
      {
        does: [applyPolicy('x/p', { podSelector: A, egress: [{ to: [{ namespaceSelector: Y }] }] })],
        default: 'allow',
        overrides: ['deny * > x/a', 'deny x/a > x/b'],
      },
    ],
  },
  {
    name: '`ingress: []`, or missing, with type Ingress',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      {
        does: [applyPolicy('x/p', { podSelector: A, policyTypes: ['Ingress'], ingress: [] })],
        default: 'allow',
        overrides: ['deny * > x/a'],
      },
      { does: [applyPolicy('x/p', { podSelector: A, policyTypes: ['Ingress'] })], default: 'allow', overrides: ['deny * > x/a'] },
      { does: [applyPolicy('x/p', { podSelector: A, policyTypes: ['Egress'] })], default: 'allow', overrides: ['deny x/a > *'] },
    ],
  },
  {
    name: '`policyTypes: []` as omitted; a type that is not listed: its rules are ignored',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP'],
    steps: [
      { does: [applyPolicy('x/p', { podSelector: A, policyTypes: [] })], default: 'allow', overrides: ['deny * > x/a'] },
      {
        does: [applyPolicy('x/p', { podSelector: A, policyTypes: [], egress: [{ to: [{ podSelector: B }] }] })],
        default: 'allow',
        overrides: ['deny * > x/a', 'deny x/a > y/a'],
      },
      {
        does: [applyPolicy('x/p', { podSelector: A, policyTypes: ['Egress'], ingress: [], egress: [{ to: [{ podSelector: B }] }] })],
        default: 'allow',
        overrides: ['deny x/a > y/a'],
      },
      {
        does: [applyPolicy('x/p', { podSelector: A, policyTypes: ['Ingress'], ingress: [{}], egress: [{ to: [{ podSelector: B }] }] })],
        default: 'allow',
      },
    ],
  },
  {
    name: 'policy, pod-label or namespace-label change, policy deletion, both ways',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP', '80/UDP'],
    steps: [
      {
        does: [
          applyPolicy('x/p', {
            podSelector: { matchLabels: { guarded: 'yes' } },
            ingress: [
              { from: [{ podSelector: { matchLabels: { friend: 'yes' } } }, { namespaceSelector: { matchLabels: { friend: 'yes' } } }] },
            ],
          }),
        ],
        default: 'allow',
      },
      { does: [labelPod('x/a', { guarded: 'yes' })], default: 'allow', overrides: ['deny * > x/a'] },
      { does: [labelPod('x/b', { friend: 'yes' })], default: 'allow', overrides: ['deny y/a > x/a'] },
      { does: [labelNamespace('y', { friend: 'yes' })], default: 'allow' },
      { does: [labelPod('x/b', { friend: 'no' })], default: 'allow', overrides: ['deny x/b > x/a'] },
      { does: [labelNamespace('y', { friend: 'no' })], default: 'allow', overrides: ['deny * > x/a'] },
      { does: [labelPod('x/a', { guarded: 'no' })], default: 'allow' },
      { does: [labelPod('x/a', { guarded: 'yes' })], default: 'allow', overrides: ['deny * > x/a'] },
      { does: [deletePolicy('x/p')], default: 'allow' },
    ],
  },
];
