/** Upstream cases that say again over UDP and SCTP what others say over TCP. */

import type { Protocol } from '../../../src/model/verdict.ts';
import { applyPolicy } from '../case.ts';
import type { ConformanceCase } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };
const Y = { matchLabels: { ns: 'y' } };

function casesOver(protocol: Protocol, first: number): readonly ConformanceCase[] {
  return [
    {
      upstream: first,
      name: `should support a 'default-deny-ingress' policy (${protocol})`,
      pods: ['x/a', 'x/b', 'y/a', 'y/b'],
      ports: [`80/${protocol}`],
      steps: [
        {
          does: [applyPolicy('x/deny-ingress', { podSelector: {}, policyTypes: ['Ingress'], ingress: [] })],
          default: 'allow',
          overrides: ['deny * > x/*'],
        },
      ],
    },
    {
      upstream: first + 1,
      name: `should enforce policy based on Ports (${protocol})`,
      pods: ['x/a', 'x/b', 'y/a', 'z/a'],
      ports: [`81/${protocol}`],
      steps: [
        {
          does: [
            applyPolicy('x/allow-81-from-y', {
              podSelector: A,
              ingress: [{ from: [{ namespaceSelector: Y }], ports: [{ port: 81, protocol }] }],
            }),
          ],
          default: 'allow',
          overrides: ['deny * > x/a', 'allow y/* > x/a'],
        },
      ],
    },
    {
      upstream: first + 2,
      name: `should enforce policy to allow traffic only from a pod in a different namespace based on PodSelector and NamespaceSelector (${protocol})`,
      pods: ['x/a', 'x/b', 'y/a'],
      ports: [`80/${protocol}`],
      steps: [
        {
          does: [applyPolicy('x/allow-from-y-a', { podSelector: A, ingress: [{ from: [{ namespaceSelector: Y, podSelector: A }] }] })],
          default: 'allow',
          overrides: ['deny x/b > x/a', 'allow y/a > x/a'],
        },
      ],
    },
  ];
}

export const PROTOCOL_CASES: readonly ConformanceCase[] = [...casesOver('UDP', 43), ...casesOver('SCTP', 46)];
