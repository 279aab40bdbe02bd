/**
 * Budgets: which policies fit. They are admitted oldest first, by what they ask for alone and by what they make together; what does not fit isolates its
 * selection and allows nothing. What is counted follows from the policies, the pods that they select here, and the pods that they name: never from the
 * order of events, and, but for the node's own limits, never from another namespace's policies.
 */

import type { Policy } from '../policy/policy.ts';
import { claimsOf, compareAge, usesNames, type Asked, type Claim, type Selection } from './claims.ts';
import { CountAlone } from './count-alone.ts';
import { CountTogether } from './count-together.ts';
import type { Population } from './population.ts';

/** For one direction of a pod. */
export interface PodLimits {
  readonly policies: number;
  readonly prefixes: number;
  readonly portRows: number;
}

/** For all that the policies of one namespace, or of the node, ask for. */
export interface SharedLimits {
  /** Different peer lists. */
  readonly lists: number;
  /** Classes of addresses that its peer lists tell apart. */
  readonly identities: number;
  /** Each class with each ruleset of which a list holds it. */
  readonly pairs: number;
  /** Every cidr and every except; one that several lists have counts for each. */
  readonly prefixes: number;
  /** For each ruleset, those of every class of addresses that its rules with ports tell apart. */
  readonly portRows: number;
}

export interface Budget {
  readonly pod: PodLimits;
  readonly namespace: SharedLimits;
  readonly node: SharedLimits;
}

export const DEFAULT_BUDGET: Budget = {
  pod: { policies: 256, prefixes: 16_384, portRows: 4096 },
  namespace: { lists: 1024, identities: 2048, pairs: 100_000, prefixes: 25_000, portRows: 50_000 },
  node: { lists: 8192, identities: 16_384, pairs: 400_000, prefixes: 100_000, portRows: 200_000 },
};

/** The limit that a policy would overstep. */
export interface Excess {
  readonly measure: 'policies' | keyof SharedLimits;
  readonly of: keyof Budget;
  readonly limit: number;
}

/** At most so much: what is counted exactly may be less. */
export interface Demand {
  readonly lists: number;
  readonly listsOfRulesets: number;
  readonly prefixes: number;
  readonly portRows: number;
}

/** What one count is held against. */
export interface Limits {
  readonly of: 'namespace' | 'node';
  readonly pod: PodLimits;
  readonly shared: SharedLimits;
}

export interface Admitted {
  /** By the policy's key. */
  readonly refused: ReadonlyMap<string, Excess>;
  readonly demand: Demand;
  /** Whatever happens to the pods that the policies name, the outcome stays. */
  readonly certain: boolean;
}

const NO_POD_LIMITS: PodLimits = { policies: Infinity, prefixes: Infinity, portRows: Infinity };

/** The policies of one namespace that select pods of one node. */
export function admitNamespace(selections: readonly Selection[], budget: Budget, population: Population): Admitted {
  return admit(selections, { of: 'namespace', pod: budget.pod, shared: budget.namespace }, population);
}

/** All policies that select pods of one node, less those that do not fit their namespace. */
export function admitNode(selections: readonly Selection[], budget: Budget, population: Population): Admitted {
  return admit(selections, { of: 'node', pod: NO_POD_LIMITS, shared: budget.node }, population);
}

function admit(selections: readonly Selection[], limits: Limits, population: Population): Admitted {
  const refused = new Map<string, Excess>();
  const asked = new Map<Policy, (readonly [Selection, readonly Claim[]])[]>();
  for (const selection of selections) {
    for (const policy of selection.policies) {
      const claims = claimsOf(policy, selection.direction, population);
      const asks = asked.get(policy);
      if (asks === undefined) asked.set(policy, [[selection, claims]]);
      else asks.push([selection, claims]);
    }
  }
  const oldestFirst = [...asked].sort(([a], [b]) => compareAge(a, b));
  const admitBy = (add: (asks: Asked) => Excess | undefined): void => {
    for (const [policy, asks] of oldestFirst) {
      const excess = refused.has(policy.key) ? undefined : add(asks);
      if (excess !== undefined) refused.set(policy.key, excess);
    }
  };
  const alone = new CountAlone(limits, population);
  admitBy((asks) => alone.add(asks));
  const certain = alone.fitsAlways() && !oldestFirst.some(([policy]) => usesNames(policy));
  if (!certain && !alone.fitsNow()) {
    const together = new CountTogether(limits, population, alone.lists);
    admitBy((asks) => together.add(asks));
  }
  const { lists, listsOfRulesets, prefixes, mostPortRows: portRows } = alone;
  return { refused, demand: { lists: lists.length, listsOfRulesets, prefixes, portRows }, certain };
}
