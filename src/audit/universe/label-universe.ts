/**
 * One set of labels for each combination of selectors that some object could satisfy: to reason over pods and namespaces that do not exist yet, not over
 * today's alone.
 *
 * Exact and without the product of all keys: keys are decided one after the other, and of the answers that leave the same selectors possible only one is
 * followed up. A selector is a conjunction over keys, so what is left possible is all that the later keys can depend on. For the same reason keys that
 * the same selectors ask for alike are one question: does all of it hold, or not?
 */

import type { LabelSelector, Labels } from '../../model/labels.ts';
import { labelsKey, matchesSelector, selectorKey } from '../../policy/selector.ts';

export interface LabelUniverse {
  /** Simplest first: objects without any of the labels come before others. */
  readonly sets: readonly Labels[];
  /** There are more combinations than were asked for: those of `sets` are some of them. */
  readonly cut: boolean;
}

interface Asker {
  /** 64 random bits: the exclusive or of these names a set of selectors. */
  readonly hash: Hash;
  /** What the selector asks in the questions that are decided. */
  readonly decided: LabelSelector[];
}

type Hash = readonly [number, number];

/** What one selector asks of one key. */
interface Demand {
  readonly key: string;
  readonly asked: LabelSelector;
  readonly asker: Asker;
}

/** What is decided at once. */
interface Question {
  readonly demands: readonly Pick<Demand, 'asked' | 'asker'>[];
  readonly answers: readonly Answer[];
}

interface Answer {
  readonly labels: Labels;
  /** Those that get what they ask for. */
  readonly holding: readonly Asker[];
}

interface State {
  readonly labels: Labels;
  /** Of the selectors that are still possible. */
  readonly hash: Hash;
}

export const DEFAULT_BOUND = 4096;

export function makeLabelUniverse(selectors: readonly LabelSelector[], bound = DEFAULT_BOUND): LabelUniverse {
  const askers = selectors.map((): Asker => ({ hash: [randomBits(), randomBits()], decided: [] }));
  const demands = askers.flatMap((asker, index) => splitByKey(selectors[index] ?? {}, asker));
  let states: State[] = [{ labels: {}, hash: combine(askers) }];
  let cut = false;
  for (const question of makeQuestions(demands)) {
    const next = decide(states, question, bound);
    cut = next.length > bound;
    states = next.slice(0, bound);
    if (cut) break;
    for (const { asked, asker } of question.demands) asker.decided.push(asked);
  }
  const sets = [...new Map(states.map(({ labels }) => [labelsKey(labels), labels])).values()];
  return { sets: sets.sort(bySize), cut };
}

function splitByKey({ matchLabels, matchExpressions }: LabelSelector, asker: Asker): readonly Demand[] {
  const labels = new Map(Object.entries(matchLabels ?? {}));
  const expressions = Map.groupBy(matchExpressions ?? [], ({ key }) => key);
  return [...new Set([...labels.keys(), ...expressions.keys()])].map((key) => {
    const value = labels.get(key);
    const asked = { ...(value === undefined ? {} : { matchLabels: { [key]: value } }), matchExpressions: expressions.get(key) ?? [] };
    return { key, asked, asker };
  });
}

/** One for each key, in their order; but keys for which the same selectors ask, each of them the same, are one. */
function makeQuestions(demands: readonly Demand[]): readonly Question[] {
  const keys = [...Map.groupBy(demands, ({ key }) => key).values()].sort(([a], [b]) => ((a?.key ?? '') < (b?.key ?? '') ? -1 : 1));
  const groups = Map.groupBy(keys, (asking) => (areAlike(asking) ? combine(asking.map(({ asker }) => asker)).join() : asking));
  return [...groups.values()].map(([first = [], ...more]) =>
    more.length === 0 ? { demands: first, answers: answerKey(first) } : askTogether([first, ...more]),
  );
}

function areAlike([first, ...others]: readonly Demand[]): boolean {
  if (first === undefined || others.length === 0) return true;
  const text = selectorKey(first.asked);
  return others.every(({ asked }) => selectorKey(asked) === text);
}

/** Without the key, with a value that no selector names, and with each that one does. */
function answerKey(demands: readonly Demand[]): readonly Answer[] {
  const key = demands[0]?.key ?? '';
  const open: Demand[] = [];
  const byValue = new Map<string, Demand[]>();
  for (const demand of demands) {
    const only = onlyValues(demand);
    if (only === undefined) open.push(demand);
    for (const value of valuesOf(demand)) {
      const shelf = byValue.get(value) ?? [];
      byValue.set(value, shelf);
      if (only?.has(value) === true) shelf.push(demand);
    }
  }
  let other = 'other';
  while (byValue.has(other)) other += '-';
  return [undefined, other, ...[...byValue.keys()].sort()].map((value) => {
    const labels: Labels = value === undefined ? {} : { [key]: value };
    const asking = [...((value !== undefined && byValue.get(value)) || []), ...open];
    return { labels, holding: asking.filter(({ asked }) => matchesSelector(asked, labels)).map(({ asker }) => asker) };
  });
}

/** All keys as they are asked for; or one of them not, whichever it is. */
function askTogether(keys: readonly (readonly Demand[])[]): Question {
  const askers = (keys[0] ?? []).map(({ asker }) => asker);
  const asked = joinSelectors(keys.map(([one]) => one?.asked ?? {}));
  const answers = keys.map(answerKey);
  const held = answers.flatMap((of) => of.find(({ holding }) => holding.length > 0) ?? []);
  const failed = answers.flatMap((of) => of.find(({ holding }) => holding.length === 0) ?? []);
  const all: Answer = { labels: joinLabels(held.map(({ labels }) => labels)), holding: askers };
  const [simplest] = failed.sort((a, b) => bySize(a.labels, b.labels));
  return {
    demands: askers.map((asker) => ({ asked, asker })),
    answers: [...(simplest === undefined ? [] : [simplest]), ...(held.length === keys.length ? [all] : [])],
  };
}

/** One state for each set of selectors that is left possible by some answer; not many more than `bound`. */
function decide(states: readonly State[], { demands, answers }: Question, bound: number): State[] {
  const next = new Map<string, State>();
  const take = (hash: Hash, make: () => State) => {
    const name = hash.join();
    if (!next.has(name)) next.set(name, make());
  };
  for (const state of states) {
    const alive = new Set(demands.map(({ asker }) => asker).filter((asker) => isPossible(asker, state)));
    if (alive.size === 0) take(state.hash, () => state);
    const unasked = combine(alive, state.hash);
    for (const { labels, holding } of alive.size === 0 ? [] : answers) {
      const hash = combine(
        holding.filter((asker) => alive.has(asker)),
        unasked,
      );
      take(hash, () => ({ labels: { ...state.labels, ...labels }, hash }));
      if (next.size > bound) return [...next.values()];
    }
  }
  return [...next.values()];
}

/** Nothing that is decided speaks against the selector. */
function isPossible({ decided }: Asker, { labels }: State): boolean {
  return decided.every((asked) => matchesSelector(asked, labels));
}

/** The only values with which it can hold; undefined: it may hold with any, or without the key. */
function onlyValues({ key, asked: { matchLabels, matchExpressions } }: Demand): ReadonlySet<string> | undefined {
  const value = matchLabels?.[key];
  if (value !== undefined) return new Set([value]);
  const listed = matchExpressions?.find(({ operator }) => operator === 'In');
  return listed && new Set(listed.values);
}

function valuesOf({ asked: { matchLabels, matchExpressions } }: Demand): ReadonlySet<string> {
  return new Set([...Object.values(matchLabels ?? {}), ...(matchExpressions ?? []).flatMap(({ values }) => values ?? [])]);
}

function joinSelectors(selectors: readonly LabelSelector[]): LabelSelector {
  return {
    matchLabels: joinLabels(selectors.map(({ matchLabels }) => matchLabels ?? {})),
    matchExpressions: selectors.flatMap(({ matchExpressions }) => matchExpressions ?? []),
  };
}

function joinLabels(parts: readonly Labels[]): Labels {
  return Object.fromEntries(parts.flatMap((labels) => Object.entries(labels)));
}

function bySize(a: Labels, b: Labels): number {
  return Object.keys(a).length - Object.keys(b).length;
}

/** `from`: of the set to which these come, or from which they go. */
function combine(askers: Iterable<Asker>, from: Hash = [0, 0]): Hash {
  let [a, b] = from;
  for (const { hash } of askers) {
    a ^= hash[0];
    b ^= hash[1];
  }
  return [a, b];
}

function randomBits(): number {
  return Math.floor(Math.random() * 2 ** 32);
}
