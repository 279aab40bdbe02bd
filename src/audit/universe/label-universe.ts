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

/** What one selector asks of one key's value. */
interface Demand {
  readonly asked: LabelSelector;
  /** The only values with which it can hold; undefined: it may hold with any, or without the key. */
  readonly only: ReadonlySet<string> | undefined;
  readonly selector: SplitSelector;
}

interface SplitSelector {
  /** In the order in which keys are decided. */
  readonly demands: ReadonlyMap<string, Demand>;
  /** 64 random bits: the exclusive or of these names a set of selectors. */
  readonly hash: Hash;
}

type Hash = readonly [number, number];

interface State {
  readonly labels: Labels;
  /** Of the selectors that are still possible. */
  readonly hash: Hash;
}

export const DEFAULT_BOUND = 4096;

export function makeLabelUniverse(selectors: readonly LabelSelector[], fixed: Labels = {}, bound = DEFAULT_BOUND): LabelUniverse {
  const split = selectors.map(splitByKey);
  const byKey = groupByKey(split);
  const decided = new Set(Object.keys(fixed));
  const begun = split.filter((selector) => isPossible(selector, decided, fixed));
  let states: State[] = [{ labels: fixed, hash: combine(begun.map(({ hash }) => hash)) }];
  let cut = false;
  for (const key of [...byKey.keys()].filter((one) => !decided.has(one)).sort()) {
    const demands = byKey.get(key) ?? [];
    const next = decideKey(states, key, demands, decided, bound);
    cut = next.length > bound;
    states = next.slice(0, bound);
    if (cut) break;
    decided.add(key);
  }
  const sets = [...new Map(states.map(({ labels }) => [labelsKey(labels), labels])).values()];
  return { sets: sets.sort((a, b) => Object.keys(a).length - Object.keys(b).length), cut };
}

/** One state for each set of selectors that is left possible by some value of the key; not many more than `bound`. */
function decideKey(
  states: readonly State[],
  key: string,
  demands: readonly Demand[],
  decided: ReadonlySet<string>,
  bound: number,
): State[] {
  const values = valuesFor(demands);
  const next = new Map<string, State>();
  for (const { labels, hash } of states) {
    const alive = demands.filter(({ selector }) => isPossible(selector, decided, labels));
    const [unasked, byValue, others] = [
      combine([hash, ...alive.map(({ selector }) => selector.hash)]),
      shelve(alive),
      alive.filter(isOpen),
    ];
    for (const value of values) {
      const one: Labels = value === undefined ? {} : { [key]: value };
      const asking = value === undefined ? others : [...(byValue.get(value) ?? []), ...others];
      const holding = asking.filter(({ asked }) => matchesSelector(asked, one));
      const left = combine([unasked, ...holding.map(({ selector }) => selector.hash)]);
      const name = left.join();
      if (!next.has(name)) next.set(name, { labels: { ...labels, ...one }, hash: left });
      if (next.size > bound) return [...next.values()];
    }
  }
  return [...next.values()];
}

function isOpen({ only }: Demand): boolean {
  return only === undefined;
}

function shelve(demands: readonly Demand[]): ReadonlyMap<string, Demand[]> {
  const shelves = new Map<string, Demand[]>();
  for (const demand of demands) {
    for (const value of demand.only ?? []) {
      const shelf = shelves.get(value);
      if (shelf === undefined) shelves.set(value, [demand]);
      else shelf.push(demand);
    }
  }
  return shelves;
}

function splitByKey({ matchLabels, matchExpressions }: LabelSelector): SplitSelector {
  const asked = new Map<string, { matchLabels: Record<string, string>; matchExpressions: LabelExpression[] }>();
  const at = (key: string) => {
    const demand = asked.get(key) ?? { matchLabels: {}, matchExpressions: [] };
    asked.set(key, demand);
    return demand;
  };
  for (const [key, value] of Object.entries(matchLabels ?? {})) at(key).matchLabels[key] = value;
  for (const expression of matchExpressions ?? []) at(expression.key).matchExpressions.push(expression);
  const demands = new Map<string, Demand>();
  const selector: SplitSelector = { demands, hash: [randomBits(), randomBits()] };
  for (const [key, one] of asked) demands.set(key, { asked: one, only: onlyValues(key, one), selector });
  return selector;
}

function onlyValues(key: string, { matchLabels, matchExpressions }: LabelSelector): ReadonlySet<string> | undefined {
  const value = matchLabels?.[key];
  if (value !== undefined) return new Set([value]);
  const listed = matchExpressions?.find(({ operator }) => operator === 'In');
  return listed && new Set(listed.values);
}

function groupByKey(selectors: readonly SplitSelector[]): ReadonlyMap<string, Demand[]> {
  const byKey = new Map<string, Demand[]>();
  for (const { demands } of selectors) {
    for (const [key, demand] of demands) {
      const shelf = byKey.get(key);
      if (shelf === undefined) byKey.set(key, [demand]);
      else shelf.push(demand);
    }
  }
  return byKey;
}

/** Nothing that the keys decided so far say speaks against the selector. */
function isPossible({ demands }: SplitSelector, decided: ReadonlySet<string>, labels: Labels): boolean {
  for (const [key, { asked }] of demands) if (decided.has(key) && !matchesSelector(asked, labels)) return false;
  return true;
}

/** Absent, each value that a selector names, and one that none does. */
function valuesFor(demands: readonly Demand[]): readonly (string | undefined)[] {
  const named = new Set<string>();
  for (const { asked } of demands) {
    for (const value of Object.values(asked.matchLabels ?? {})) named.add(value);
    for (const { values } of asked.matchExpressions ?? []) for (const value of values ?? []) named.add(value);
  }
  let other = 'other';
  while (named.has(other)) other += '-';
  return [undefined, other, ...[...named].sort()];
}

function combine(hashes: readonly Hash[]): Hash {
  let [a, b] = [0, 0];
  for (const [first, second] of hashes) {
    a ^= first;
    b ^= second;
  }
  return [a, b];
}

function randomBits(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
