/** The base policy on other targets (6 cases), and with rules that open or close a whole direction (4 cases). */

import type { ConformanceCase } from '../../case.ts';
import { BASE_EGRESS, BASE_INGRESS, BASE_TABLE, perturbed } from './base.ts';

export const TARGET_CASES: readonly ConformanceCase[] = [
  perturbed('target: pods a of namespace x', { namespace: 'x' }, BASE_TABLE),
  perturbed('target: pods a of namespace y', { namespace: 'y' }, [
    'deny * > y/a',
    'allow x/b,x/c,y/b,y/c > y/a :80 TCP',
    'deny y/a > *',
    'allow y/a > y/b,z/a,z/b :80 TCP',
  ]),
  perturbed('target: pods a of namespace z', { namespace: 'z' }, [
    'deny * > z/a',
    'allow x/b,x/c,y/b,y/c > z/a :80 TCP',
    'deny z/a > *',
    'allow z/a > y/a,y/b,z/b :80 TCP',
  ]),
  // Between two pods of x both directions of both are closed, and no rule opens egress to x.
  perturbed('target: all pods of namespace x', { podSelector: {} }, [
    'deny * > x/*',
    'allow y/b,y/c > x/* :80 TCP',
    'deny x/* > *',
    'allow x/* > y/a,y/b,z/a,z/b :80 TCP',
  ]),
  perturbed('target: pods a by label', { podSelector: { matchLabels: { pod: 'a' } } }, BASE_TABLE),
  // x/c is not selected: it may send, and x/a and x/b take TCP 80 from it.
  perturbed(
    'target: pods a and b by expression',
    { podSelector: { matchExpressions: [{ key: 'pod', operator: 'In', values: ['a', 'b'] }] } },
    ['deny * > x/a,x/b', 'allow x/c,y/b,y/c > x/a,x/b :80 TCP', 'deny x/a,x/b > *', 'allow x/a,x/b > y/a,y/b,z/a,z/b :80 TCP'],
  ),
];

export const RULE_CASES: readonly ConformanceCase[] = [
  perturbed('ingress rules: none', { ingress: [] }, ['deny * > x/a', ...BASE_EGRESS]),
  perturbed('ingress rules: one that is empty', { ingress: [{}] }, BASE_EGRESS),
  perturbed('egress rules: none', { egress: [] }, [...BASE_INGRESS, 'deny x/a > *']),
  perturbed('egress rules: one that is empty', { egress: [{}] }, BASE_INGRESS),
];
