/** What the status says of each policy. */

import type { Compiler } from '../compiler/compiler.ts';
import type { Policy } from '../policy/policy.ts';
import type { InForce } from './in-force.ts';
import { problemsOf } from './notices.ts';

export interface PolicyStatus {
  /** `namespace/name` */
  readonly policy: string;
  readonly valid: boolean;
  readonly problems: readonly string[];
  /** Of an excluded namespace: it isolates nobody. */
  readonly excluded: boolean;
  /** How many pods of this node it selects, enforced or not. */
  readonly selects: number;
  /** ISO time since which it is in force here as it is written now; `null`: it is not. */
  readonly inForceSince: string | null;
}

export function describePolicies(compiler: Compiler, inForce: InForce): PolicyStatus[] {
  const describe = (policy: Policy, excluded: boolean): PolicyStatus => ({
    policy: policy.key,
    valid: policy.valid,
    problems: problemsOf(policy, compiler.refused.get(policy.key)),
    excluded,
    selects: compiler.subjects.countSelected(policy.key),
    inForceSince: inForce.since(policy),
  });
  const { policies, excludedPolicies } = compiler;
  return [
    ...[...policies.values()].map((policy) => describe(policy, false)),
    ...[...excludedPolicies.values()].map((policy) => describe(policy, true)),
  ];
}
