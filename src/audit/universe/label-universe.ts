/**
 * One set of labels for each combination of selectors that some object could satisfy: to reason over pods and namespaces that do not exist yet, not over
 * today's alone.
 *
 * Exact and without the product of all keys: keys are decided one after the other, and of the choices that leave the same selectors possible only one is
 * followed up. A selector is a conjunction over keys, so what is left possible is all that the later keys can depend on.
 */

import type { LabelExpression, LabelSelector, Labels } from '../../model/labels.ts';
import { labelsKey, matchesSelector } from '../../policy/selector.ts';

export interface LabelUniverse {
  /** Simplest first: objects without any of the labels come before others. */
  readonly sets: readonly Labels[];
  /** There are more combinations than were asked for: those of `sets` are some of them. */
  readonly cut: boolean;
}

/** By key: what a selector asks of its value. */
type Demands = ReadonlyMap<string, LabelSelector>;

export const DEFAULT_BOUND = 4096;

export function makeLabelUniverse(selectors: readonly LabelSelector[], fixed: Labels = {}, bound = DEFAULT_BOUND): LabelUniverse {
  const demands = selectors.map(splitByKey);
  const keys = [...new Set(demands.flatMap((demand) => [...demand.keys()]))].filter((key) => !Object.hasOwn(fixed, key)).sort();
  // By which selectors are still possible.
  let states = new Map<string, Labels>([['', fixed]]);
  let cut = false;
  for (const [done, key] of keys.entries()) {
    const decided = [...Object.keys(fixed), ...keys.slice(0, done + 1)];
    const next = new Map<string, Labels>();
    for (const labels of states.values()) {
      for (const value of valuesFor(key, selectors)) {
        const candidate = value === undefined ? labels : { ...labels, [key]: value };
        const state = demands.map((demand) => (isPossible(demand, decided, candidate) ? '1' : '0')).join('');
        if (!next.has(state)) next.set(state, candidate);
      }
      if (next.size > bound) {
        cut = true;
        break;
      }
    }
    states = cut ? new Map([...next].slice(0, bound)) : next;
  }
  const sets = [...new Map([...states.values()].map((labels) => [labelsKey(labels), labels])).values()];
  return { sets: sets.sort((a, b) => Object.keys(a).length - Object.keys(b).length), cut };
}

function splitByKey(selector: LabelSelector): Demands {
  const demands = new Map<string, { matchLabels: Record<string, string>; matchExpressions: LabelExpression[] }>();
  const at = (key: string) => {
    const demand = demands.get(key) ?? { matchLabels: {}, matchExpressions: [] };
    demands.set(key, demand);
    return demand;
  };
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) at(key).matchLabels[key] = value;
  for (const expression of selector.matchExpressions ?? []) at(expression.key).matchExpressions.push(expression);
  return demands;
}

/** Nothing that the keys decided so far say speaks against the selector. */
function isPossible(demand: Demands, decided: readonly string[], labels: Labels): boolean {
  return decided.every((key) => {
    const asked = demand.get(key);
    return asked === undefined || matchesSelector(asked, labels);
  });
}

/** Absent, each value that a selector names, and one that none does. */
function valuesFor(key: string, selectors: readonly LabelSelector[]): readonly (string | undefined)[] {
  const named = new Set<string>();
  for (const { matchLabels, matchExpressions } of selectors) {
    const value = matchLabels?.[key];
    if (value !== undefined) named.add(value);
    for (const expression of matchExpressions ?? []) if (expression.key === key) for (const one of expression.values ?? []) named.add(one);
  }
  let other = 'other';
  while (named.has(other)) other += '-';
  return [undefined, other, ...[...named].sort()];
}
