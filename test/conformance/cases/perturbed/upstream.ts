/** Thirteen situations of the upstream suite, asked of the whole matrix and over all protocols. */

import { applyPolicy, deletePolicy, labelNamespace, labelPod } from '../../case.ts';
import type { Action, ConformanceCase, Step } from '../../case.ts';
import { WHOLE_MATRIX } from './base.ts';

const A = { matchLabels: { pod: 'a' } };
const B = { matchLabels: { pod: 'b' } };
const X = { matchLabels: { ns: 'x' } };
const Y = { matchLabels: { ns: 'y' } };
const DNS = [{ ports: [{ protocol: 'UDP', port: 53 }] }];

function upstream(name: string, ...steps: readonly Step[]): ConformanceCase {
  return { name: `upstream: ${name}`, ...WHOLE_MATRIX, steps };
}

function step(does: readonly Action[], ...overrides: readonly string[]): Step {
  return { does, default: 'allow', overrides };
}

const ingressOf = (ingress: readonly object[]): Action => applyPolicy('x/p', { podSelector: {}, policyTypes: ['Ingress'], ingress });
const toA = (key: string, ingress: readonly object[]): Action => applyPolicy(key, { podSelector: A, policyTypes: ['Ingress'], ingress });
const fromY = (port: number): readonly object[] => [{ from: [{ namespaceSelector: Y }], ports: [{ protocol: 'TCP', port }] }];

export const WHOLE_MATRIX_UPSTREAM_CASES: readonly ConformanceCase[] = [
  upstream('all ingress denied', step([ingressOf([])], 'deny * > x/*')),
  upstream(
    'everything denied but DNS',
    step(
      [applyPolicy('x/p', { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [], egress: DNS })],
      'deny * > x/*',
      'deny x/* > *',
    ),
  ),
  upstream(
    'pods and namespaces by expressions',
    step(
      [
        toA('x/p', [
          {
            from: [
              {
                namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['x'] }] },
                podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['b', 'c'] }] },
              },
            ],
          },
        ]),
      ],
      'deny * > x/a',
      'allow y/b,y/c,z/b,z/c > x/a',
    ),
  ),
  upstream(
    'policies that are stacked',
    step([toA('x/at-81', fromY(81))], 'deny * > x/a', 'allow y/* > x/a :81 TCP'),
    step([], 'deny * > x/a', 'allow y/* > x/a :81 TCP'),
    step([toA('x/at-80', fromY(80))], 'deny * > x/a', 'allow y/* > x/a :80 TCP', 'allow y/* > x/a :81 TCP'),
  ),
  upstream('all ingress allowed', step([ingressOf([{}])]), step([])),
  upstream(
    'ingress at one named port',
    { ...step([ingressOf([{ ports: [{ port: 'serve-81-tcp' }] }])]), ports: ['81/TCP'] },
    step([], 'deny * > x/*', 'allow * > x/* :81 TCP'),
  ),
  upstream('a policy that opens, then closes', step([ingressOf([{}])]), step([ingressOf([])], 'deny * > x/*')),
  upstream(
    'a namespace that gets a label',
    step([toA('x/p', [{ from: [{ namespaceSelector: { matchLabels: { ns2: 'updated' } } }] }])], 'deny * > x/a'),
    step([labelNamespace('y', { ns2: 'updated' })], 'deny * > x/a', 'allow y/* > x/a'),
  ),
  upstream(
    'a peer that gets a label',
    step([toA('x/p', [{ from: [{ podSelector: { matchLabels: { pod: 'b', pod2: 'updated' } } }] }])], 'deny * > x/a'),
    step([labelPod('x/b', { pod2: 'updated' })], 'deny * > x/a', 'allow x/b > x/a'),
  ),
  upstream(
    'a target that gets a label',
    step([applyPolicy('x/p', { podSelector: { matchLabels: { target: 'isolated' } }, policyTypes: ['Ingress'], ingress: [] })]),
    step([labelPod('x/a', { target: 'isolated' })], 'deny * > x/a'),
  ),
  upstream(
    'ingress and egress in one policy',
    step(
      [
        applyPolicy('x/p', {
          podSelector: A,
          policyTypes: ['Ingress', 'Egress'],
          ingress: [{ from: [{ podSelector: B }] }],
          egress: [{ ports: [{ port: 80 }, { protocol: 'UDP', port: 53 }] }],
        }),
      ],
      'deny * > x/a',
      'allow x/b > x/a',
      'deny x/a > *',
      'allow x/a > * :80 TCP',
    ),
    step([], 'deny * > x/a', 'allow x/b > x/a', 'deny x/a > *', 'allow x/a > * :80 TCP'),
  ),
  upstream(
    'egress denied at the client, ingress allowed at the server',
    step(
      [
        applyPolicy('x/to-y-a', {
          podSelector: A,
          policyTypes: ['Egress'],
          egress: [{ to: [{ namespaceSelector: Y, podSelector: A }] }, ...DNS],
        }),
        toA('y/a-from-x-a', [{ from: [{ namespaceSelector: X, podSelector: A }] }]),
        applyPolicy('y/b-from-x-a', {
          podSelector: B,
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ namespaceSelector: X, podSelector: A }] }],
        }),
      ],
      'deny * > y/a,y/b',
      'deny x/a > *',
      'allow x/a > y/a',
    ),
  ),
  upstream(
    'a policy that is deleted',
    step(
      [applyPolicy('x/p', { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ingress: [], egress: [] })],
      'deny * > x/*',
      'deny x/* > *',
    ),
    step([deletePolicy('x/p')]),
  ),
];
