/** Which policies select which local pods, and the rulesets that follow. */

import { type Pod } from '../model/objects.ts';
import type { Direction } from '../model/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { makeRuleset } from '../policy/ruleset.ts';
import { matchesSelector } from '../policy/selector.ts';
import type { Ruleset, RulesetTable } from './ruleset-table.ts';

export interface Subject {
  pod: Pod;
  /** Policies that select the pod and have this direction, by key. */
  policies: Readonly<Record<Direction, readonly Policy[]>>;
  rulesets: Readonly<Record<Direction, Ruleset | undefined>>;
}

/** A policy's rules as they are enforced: one that was refused has none. */
export function enforcedPolicy(policy: Policy, refused: ReadonlyMap<string, unknown>): Policy {
  if (!refused.has(policy.key)) return policy;
  const { ingress, egress } = policy.rules;
  return { ...policy, rules: { ingress: ingress && [], egress: egress && [] } };
}

/** A pod's subject depends on the pod's own labels and ports and on its namespace's policies, never on namespace labels. */
export function makeSubject(
  pod: Pod,
  namespacePolicies: Iterable<Policy>,
  refused: ReadonlyMap<string, unknown>,
  rulesets: RulesetTable,
): Subject {
  const selecting = [...namespacePolicies].filter((policy) => policy.subject !== undefined && matchesSelector(policy.subject, pod.labels));
  const policiesOf = (direction: Direction): Policy[] => selecting.filter((policy) => policy.rules[direction] !== undefined);
  const policies = { ingress: policiesOf('ingress'), egress: policiesOf('egress') };
  const rulesetOf = (direction: Direction): Ruleset | undefined => {
    if (policies[direction].length === 0) return undefined;
    const enforced = policies[direction].map((policy) => enforcedPolicy(policy, refused));
    return rulesets.acquire(makeRuleset(direction, enforced, pod.ports));
  };
  return { pod, policies, rulesets: { ingress: rulesetOf('ingress'), egress: rulesetOf('egress') } };
}
