/** Upstream cases about ports and protocols: numbers, names, and what one protocol's rule means for another. */

import { applyPolicy } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };
const Y = { matchLabels: { ns: 'y' } };

export const PORT_CASES: readonly ConformanceCase[] = [
  {
    upstream: 14,
    name: 'should enforce policy based on Ports',
    pods: ['x/a', 'x/b', 'y/a', 'y/b', 'z/a'],
    ports: ['81/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/allow-81-from-y', {
            podSelector: A,
            ingress: [{ from: [{ namespaceSelector: Y }], ports: [{ port: 81, protocol: 'TCP' }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/* > x/a'],
      },
    ],
  },
  {
    upstream: 15,
    name: 'should enforce multiple, stacked policies with overlapping podSelectors',
    pods: ['x/a', 'x/b', 'y/a', 'y/b', 'z/a'],
    ports: ['80/TCP', '81/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/allow-81-from-y', { podSelector: A, ingress: [{ from: [{ namespaceSelector: Y }], ports: [{ port: 81 }] }] }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/* > x/a :81'],
      },
      {
        does: [
          applyPolicy('x/allow-80-from-y', { podSelector: A, ingress: [{ from: [{ namespaceSelector: Y }], ports: [{ port: 80 }] }] }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/* > x/a :81', 'allow y/* > x/a :80'],
      },
    ],
  },
  {
    upstream: 17,
    name: 'should allow ingress access on one named port',
    pods: ['x/a', 'x/b', 'y/a'],
    ports: ['80/TCP', '81/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-serve-81', { podSelector: {}, ingress: [{ ports: [{ port: 'serve-81-tcp' }] }] })],
        default: 'allow',
        overrides: ['deny * > x/* :80'],
      },
    ],
  },
  {
    upstream: 18,
    name: 'should allow ingress access from namespace on one named port',
    pods: ['x/a', 'x/b', 'y/a', 'z/a'],
    ports: ['80/TCP', '81/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/allow-serve-80-from-y', {
            podSelector: A,
            ingress: [{ from: [{ namespaceSelector: Y }], ports: [{ port: 'serve-80-tcp' }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/* > x/a :80'],
      },
    ],
  },
  {
    upstream: 19,
    name: 'should allow egress access on one named port',
    pods: ['x/a', 'y/a'],
    ports: ['80/TCP', '81/TCP'],
    steps: [
      {
        does: [
          applyPolicy('x/allow-serve-80', { podSelector: {}, policyTypes: ['Egress'], egress: [{ ports: [{ port: 'serve-80-tcp' }] }] }),
        ],
        default: 'allow',
        overrides: ['deny x/* > * :81'],
      },
    ],
  },
  {
    upstream: 30,
    name: 'should enforce ingress policy allowing any port traffic to a server on a specific protocol',
    pods: ['x/a', 'y/a'],
    ports: ['80/TCP', '80/UDP'],
    steps: [
      {
        does: [applyPolicy('x/allow-tcp', { podSelector: A, ingress: [{ ports: [{ protocol: 'TCP' }] }] })],
        default: 'allow',
        overrides: ['deny * > x/a UDP'],
      },
    ],
  },
  {
    upstream: 38,
    name: "should not mistakenly treat 'protocol: SCTP' as 'protocol: TCP', even if the plugin doesn't support SCTP",
    pods: ['x/a', 'y/a'],
    ports: ['81/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-sctp-81', { podSelector: A, ingress: [{ ports: [{ protocol: 'SCTP', port: 81 }] }] })],
        default: 'allow',
        overrides: ['deny * > x/a'],
      },
    ],
  },
  {
    upstream: 39,
    name: "should properly isolate pods that are selected by a policy allowing SCTP, even if the plugin doesn't support SCTP",
    pods: ['x/a', 'y/a'],
    ports: ['81/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-sctp-80', { podSelector: A, ingress: [{ ports: [{ protocol: 'SCTP', port: 80 }] }] })],
        default: 'allow',
        overrides: ['deny * > x/a'],
      },
    ],
  },
  {
    upstream: 40,
    name: 'should not allow access by TCP when a policy specifies only UDP',
    pods: ['x/a', 'y/a'],
    ports: ['81/TCP'],
    steps: [
      {
        does: [applyPolicy('x/allow-udp-81', { podSelector: A, ingress: [{ ports: [{ protocol: 'UDP', port: 81 }] }] })],
        default: 'allow',
        overrides: ['deny * > x/a'],
      },
    ],
  },
];
