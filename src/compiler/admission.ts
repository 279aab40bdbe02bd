/**
 * Budgets: which policies fit. They are admitted oldest first, against limits for the node and a share for each namespace, on a table of their own: the
 * outcome follows from the cluster, not from the order of events. A policy that does not fit isolates its selection and allows nothing.
 */

import { PosternError } from '../model/error.ts';
import { listOf } from '../policy/ruleset.ts';
import type { Policy, Rule } from '../policy/policy.ts';
import { portRows, portsOf } from '../policy/ports.ts';
import type { IdentityTable } from './identity-table.ts';

export interface Budget {
  readonly identities: number;
  readonly pairs: number;
  readonly prefixes: number;
  readonly portRows: number;
}

export const DEFAULT_BUDGET: Budget = { identities: 16_384, pairs: 500_000, prefixes: 100_000, portRows: 200_000 };

/** The part of each budget that one namespace's policies may take. Below it no policy can be refused, so nothing is counted. */
const NAMESPACE_SHARE = 0.25;

const MEASURES = ['identities', 'pairs', 'prefixes', 'portRows'] as const satisfies readonly (keyof Budget)[];

export interface Candidate {
  readonly policy: Policy;
  /** How many different rulesets its rules may end up in: local pods that it selects, by labels. */
  readonly subjects: number;
}

/** Policies that do not fit, by key, with the reason. `table` holds the cluster's addresses and no lists; it is used up. */
export function refusePolicies(candidates: readonly Candidate[], budget: Budget, table: IdentityTable): Map<string, PosternError> {
  const refused = new Map<string, PosternError>();
  const total = emptyBudget();
  const byNamespace = new Map<string, Record<keyof Budget, number>>();
  const oldestFirst = [...candidates].sort((a, b) => a.policy.createdAt - b.policy.createdAt || (a.policy.uid < b.policy.uid ? -1 : 1));
  for (const { policy, subjects } of oldestFirst) {
    const own = byNamespace.get(policy.namespace) ?? emptyBudget();
    byNamespace.set(policy.namespace, own);
    const over = admit(policy, subjects, budget, table, total, own);
    if (over !== undefined) refused.set(policy.key, refusal(policy, over, budget));
  }
  return refused;
}

/** Even if all of it were one namespace's, it would fit its share: then no policy can be refused. */
export function isRoomy(budget: Budget, used: Budget): boolean {
  return MEASURES.every((measure) => used[measure] <= budget[measure] * NAMESPACE_SHARE);
}

/** Port rows of all rules of the candidates, as if they shared none. */
export function countPortRows(candidates: readonly Candidate[]): number {
  let rows = 0;
  for (const { policy } of candidates) {
    for (const rule of [...(policy.rules.ingress ?? []), ...(policy.rules.egress ?? [])]) rows += portRowsOf(rule);
  }
  return rows;
}

function portRowsOf(rule: Rule): number {
  return portRows(portsOf((rule.ports ?? []).filter((port) => 'first' in port))).length;
}

/** The first measure that the policy would overstep; else its cost is added. */
function admit(
  policy: Policy,
  subjects: number,
  budget: Budget,
  table: IdentityTable,
  total: Record<keyof Budget, number>,
  own: Record<keyof Budget, number>,
): keyof Budget | undefined {
  const cost = emptyBudget();
  for (const rule of [...(policy.rules.ingress ?? []), ...(policy.rules.egress ?? [])]) {
    cost.portRows += portRowsOf(rule);
    if (rule.peers === undefined || rule.peers.length === 0) continue;
    const list = listOf(rule);
    if (list.kind === 'peers') cost.prefixes += [...list.blocks.prefixes()].length;
    cost.identities += table.countSplits(list);
    cost.pairs += (table.countInside(list) + 1) * subjects;
    const over = MEASURES.find(
      (measure) => total[measure] + cost[measure] > budget[measure] || own[measure] + cost[measure] > budget[measure] * NAMESPACE_SHARE,
    );
    if (over !== undefined) return over;
    table.acquire(list);
  }
  const over = MEASURES.find((measure) => own[measure] + cost[measure] > budget[measure] * NAMESPACE_SHARE);
  if (over !== undefined) return over;
  for (const measure of MEASURES) {
    total[measure] += cost[measure];
    own[measure] += cost[measure];
  }
  return undefined;
}

function refusal(policy: Policy, over: keyof Budget, budget: Budget): PosternError {
  return new PosternError(
    'E_POLICY_BUDGET',
    `does not fit: too many ${over === 'portRows' ? 'port rows' : over} (limit ${budget[over]} on the node)`,
    {
      at: { object: `NetworkPolicy ${policy.key}` },
      mend: 'use fewer or broader peers and ports, or raise the budget; until then its selection is isolated and nothing is allowed',
    },
  );
}

function emptyBudget(): Record<keyof Budget, number> {
  return { identities: 0, pairs: 0, prefixes: 0, portRows: 0 };
}
