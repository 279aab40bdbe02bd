/** Rules and policies that change nothing: what they allow is allowed without them, for every pod that could exist. */

import { compareAge } from '../../compiler/claims.ts';
import { DIRECTIONS, type Direction } from '../../model/verdict.ts';
import type { Policy, Rule } from '../../policy/policy.ts';
import { portsKey, portsOf } from '../../policy/ports.ts';
import { listOf, nameKey } from '../../policy/ruleset.ts';
import { matchesSelector, selectorKey } from '../../policy/selector.ts';
import { describeRule, isEverything } from '../describe-rule.ts';
import { listSome } from '../list-some.ts';
import type { AuditModel, AuditPolicy } from '../model/audit-model.ts';
import { makeNamespaceUniverse, type NamespaceUniverse, type SubjectKind } from '../universe/namespace-universe.ts';
import { isCovered, mayHelp } from '../universe/rule-coverage.ts';
import type { Related } from '../finding.ts';
import { ruleField } from './fields.ts';
import { policyYaml } from './policy-yaml.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

const FROM_WEB = '{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 80 }] }';
const FROM_ALL = '{ from: [{ podSelector: {} }] }';
const ingress = (...rules: readonly string[]): string => policyYaml(`podSelector: {}\ningress: [${rules.join(', ')}]`);

export const REDUNDANCY: readonly Check[] = [
  {
    id: 'PN006',
    name: 'rule-redundant',
    severity: 'note',
    summary: 'What a rule allows is allowed by other rules',
    why: 'Policies add up, so such a rule changes nothing, today or for any pod to come. Whoever takes it out to close something will find that it is still open.',
    mend: 'take the rule out, or narrow the one that covers it',
    bad: ingress(FROM_ALL, FROM_WEB),
    good: ingress(FROM_ALL),
    run: findRedundantRules,
  },
  {
    id: 'PN007',
    name: 'policy-without-effect',
    severity: 'note',
    summary: 'A policy changes nothing beside the others',
    why: 'Other policies isolate the same pods in the same directions and allow everything that it allows, for any pod that could exist.',
    mend: 'delete it, or correct what it was meant for',
    bad: `${ingress(FROM_ALL)}\n---\n${policyYaml('podSelector: { matchLabels: { app: db } }').replace('name: web,', 'name: db,')}`,
    good: ingress(FROM_ALL),
    run: findVacuous,
  },
  {
    id: 'PN008',
    name: 'policies-equal',
    severity: 'note',
    summary: 'Two policies say the same',
    why: 'They select the same pods and have the same rules. Whoever edits one will find that the other still holds.',
    mend: 'delete one of the two',
    bad: `${ingress(FROM_WEB)}\n---\n${ingress(FROM_WEB).replace('name: web,', 'name: web-copy,')}`,
    good: ingress(FROM_WEB),
    run: findEqual,
  },
];

interface Placed {
  readonly entry: AuditPolicy;
  readonly direction: Direction;
  readonly rule: Rule;
}

/** What the policies of a namespace are to each other. */
interface Siblings {
  readonly universe: NamespaceUniverse;
  /** By age, without those that say the same as an older one: these are told as such. Empty where there is too much to compare. */
  readonly entries: readonly AuditPolicy[];
  /** Those that change nothing beside the rest. */
  readonly vacuous: ReadonlySet<AuditPolicy>;
}

/** They are compared once for a run. */
const compared = new WeakMap<AuditModel, Map<string, Siblings>>();

function compareSiblings({ model, incomplete }: CheckContext, namespace: string): Siblings {
  const known = compared.get(model) ?? new Map<string, Siblings>();
  compared.set(model, known);
  let siblings = known.get(namespace);
  if (siblings === undefined) {
    const all = sortByAge(model.policiesIn(namespace));
    const equal = new Set(equalsIn(all).map(({ later }) => later));
    const entries = all.filter((entry) => !equal.has(entry));
    const universe = makeNamespaceUniverse(
      model,
      namespace,
      all.map(({ policy }) => policy),
    );
    const obstacle = obstacleOf(universe);
    siblings =
      obstacle === undefined
        ? { universe, entries, vacuous: listVacuous(model, entries, universe) }
        : { universe, entries: [], vacuous: new Set() };
    known.set(namespace, siblings);
    if (obstacle !== undefined) incomplete(`${obstacle} of namespace ${namespace}: no rule of it is called redundant`);
  }
  return siblings;
}

/** Each rule is held against those that meet it on some pod: this many pairs take seconds. */
const MOST_PAIRS = 5_000_000;

function obstacleOf({ subjects, cut }: NamespaceUniverse): string | undefined {
  if (cut) return 'there are too many combinations of the selectors';
  const rulesOf = ({ rules }: Policy): number => DIRECTIONS.reduce((sum, direction) => sum + (rules[direction] ?? []).length, 0);
  const pairs = subjects.reduce((sum, subject) => sum + [...subject].reduce((rules, policy) => rules + rulesOf(policy), 0) ** 2, 0);
  return pairs > MOST_PAIRS ? 'too many rules meet on the same pods' : undefined;
}

/**
 * From the last to the first: of two that cover each other the earlier stays. Policies without effect are told as such, and cover nothing: who takes out
 * all that is told takes them out, too.
 */
function* findRedundantRules(context: CheckContext): Generator<Sighting> {
  for (const namespace of namespacesWithPolicies(context.model)) {
    const { universe, entries, vacuous } = compareSiblings(context, namespace);
    for (const direction of DIRECTIONS) {
      const all = entries
        .filter((entry) => !vacuous.has(entry))
        .flatMap((entry) => (entry.policy.rules[direction] ?? []).map((rule): Placed => ({ entry, direction, rule })));
      const left = Map.groupBy(all, ({ entry }) => entry.policy);
      for (const placed of all.toReversed()) {
        if (placed.rule.peers?.length === 0 || placed.rule.ports?.length === 0) continue;
        const covering = findCovering(placed, left, universe);
        if (covering === undefined) continue;
        const own = left.get(placed.entry.policy) ?? [];
        own.splice(own.indexOf(placed), 1);
        yield describeRedundant(placed, covering);
      }
    }
  }
}

/** Those that cover the rule for some kind of pod that its policy selects; `undefined` where for one they do not. `left`: by their policies. */
function findCovering(
  placed: Placed,
  left: ReadonlyMap<Policy, readonly Placed[]>,
  { subjects, peers }: NamespaceUniverse,
): Set<Placed> | undefined {
  const { entry, rule } = placed;
  const covering = new Set<Placed>();
  for (const subject of subjects) {
    if (!subject.has(entry.policy)) continue;
    const beside = [...subject]
      .flatMap((policy) => left.get(policy) ?? [])
      .filter((other) => other !== placed && mayHelp(other.rule, rule));
    if (
      !isCovered(
        rule,
        beside.map((other) => other.rule),
        peers,
      )
    )
      return undefined;
    for (const one of fewest(rule, beside, peers)) covering.add(one);
  }
  return covering.size === 0 ? undefined : covering;
}

/** One that covers it alone where there is one, else as few as a simple search finds. */
function fewest(rule: Rule, others: readonly Placed[], peers: NamespaceUniverse['peers']): readonly Placed[] {
  const alone = others.find((other) => isCovered(rule, [other.rule], peers));
  if (alone !== undefined) return [alone];
  const cover = (some: readonly Placed[]): boolean =>
    isCovered(
      rule,
      some.map((one) => one.rule),
      peers,
    );
  return leaveOut(others, cover);
}

/** Of the items some with which it still holds, and without any one of which it would not: halves are left out where that will do, then ever smaller pieces. */
function leaveOut<T>(items: readonly T[], holds: (some: readonly T[]) => boolean): readonly T[] {
  let needed = items;
  for (let size = Math.ceil(items.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < needed.length;) {
      const without = needed.toSpliced(at, size);
      if (holds(without)) needed = without;
      else at += size;
    }
  }
  return needed;
}

function describeRedundant({ entry, direction, rule }: Placed, covering: ReadonlySet<Placed>): Sighting {
  const names = [...covering].map(
    (other) => `${direction}[${other.rule.index}] of ${other.entry.policy === entry.policy ? 'this policy' : other.entry.policy.key}`,
  );
  return {
    message: `its ${direction} rule ${rule.index} (${describeRule(rule, direction)}) is covered by ${listSome(names, 3, ' and ')}`,
    at: entry.place(ruleField(direction, rule)),
    related: [...covering].slice(0, 3).map((other): Related => ({
      message: `covers it: ${describeRule(other.rule, direction)}`,
      at: other.entry.place(ruleField(direction, other.rule)),
    })),
    key: describeRule(rule, direction),
  };
}

function* findVacuous(context: CheckContext): Generator<Sighting> {
  for (const namespace of namespacesWithPolicies(context.model)) {
    const { universe, entries, vacuous } = compareSiblings(context, namespace);
    const rest = new Set(entries.filter((entry) => !vacuous.has(entry)).map(({ policy }) => policy));
    for (const entry of vacuous) {
      const selecting = universe.subjects.filter((subject) => subject.has(entry.policy));
      const beside = [...new Set(selecting.flatMap((subject) => fewestBeside(entry.policy, subject.intersection(rest), universe)))];
      const names = beside.map(({ key }) => key);
      yield {
        message: `it changes nothing: ${listSome(names, 3)} isolate${names.length === 1 ? 's' : ''} the same pods and allow${names.length === 1 ? 's' : ''} all that it allows`,
        at: entry.place(),
      };
    }
  }
}

/** From the last to the first: of two that do the same the earlier stays. */
function listVacuous(model: AuditModel, entries: readonly AuditPolicy[], universe: NamespaceUniverse): Set<AuditPolicy> {
  const vacuous = new Set<AuditPolicy>();
  const left = new Set(entries.map(({ policy }) => policy));
  for (const entry of entries.toReversed()) {
    const { policy } = entry;
    if (!policy.valid || isDefaultDeny(policy) || selectsNobody(model, policy)) continue;
    const selecting = universe.subjects.filter((subject) => subject.has(policy));
    left.delete(policy);
    if (selecting.length > 0 && selecting.every((subject) => addsNothing(policy, subject.intersection(left), universe))) vacuous.add(entry);
    else left.add(policy);
  }
  return vacuous;
}

/** That is another check's. Where no pod is known nobody can tell. */
function selectsNobody(model: AuditModel, { namespace, subject }: Policy): boolean {
  const here = model.classesIn(namespace);
  return here.length > 0 && subject !== undefined && !here.some(({ pod }) => matchesSelector(subject, pod.labels));
}

/** It is there for the day on which the others are gone. */
function isDefaultDeny({ subject, rules }: Policy): boolean {
  return subject !== undefined && isEverything(subject) && DIRECTIONS.every((direction) => (rules[direction] ?? []).length === 0);
}

function addsNothing(policy: Policy, others: SubjectKind, { peers }: NamespaceUniverse): boolean {
  return DIRECTIONS.every((direction) => {
    const rules = policy.rules[direction];
    if (rules === undefined) return true;
    const isolating = [...others].filter((other) => other.rules[direction] !== undefined);
    const given = isolating.flatMap((other) => other.rules[direction] ?? []);
    return isolating.length > 0 && rules.every((rule) => rule.peers?.length === 0 || isCovered(rule, given, peers));
  });
}

/** Those of the other policies that it takes: one that does alone, else as few as a simple search finds. */
function fewestBeside(policy: Policy, others: SubjectKind, universe: NamespaceUniverse): readonly Policy[] {
  const isBeside = (other: Policy): boolean =>
    DIRECTIONS.some((direction) => policy.rules[direction] !== undefined && other.rules[direction] !== undefined);
  const beside = [...others].filter(isBeside);
  const alone = beside.find((other) => addsNothing(policy, new Set([other]), universe));
  return alone === undefined ? leaveOut(beside, (some) => addsNothing(policy, new Set(some), universe)) : [alone];
}

function* findEqual({ model }: CheckContext): Generator<Sighting> {
  for (const namespace of namespacesWithPolicies(model)) {
    for (const { earlier, later } of equalsIn(sortByAge(model.policiesIn(namespace)))) {
      yield {
        message: `it says the same as ${earlier.policy.key}`,
        at: later.place(),
        related: [{ message: 'the other', at: earlier.place() }],
        key: earlier.policy.key,
      };
    }
  }
}

function equalsIn(entries: readonly AuditPolicy[]): { readonly earlier: AuditPolicy; readonly later: AuditPolicy }[] {
  const first = new Map<string, AuditPolicy>();
  return entries.flatMap((later) => {
    if (!later.policy.valid || later.policy.subject === undefined) return [];
    const key = contentKey(later.policy);
    const earlier = first.get(key);
    if (earlier !== undefined) return [{ earlier, later }];
    first.set(key, later);
    return [];
  });
}

function contentKey({ subject, rules }: Policy): string {
  const parts = DIRECTIONS.map((direction) => rules[direction]?.map(ruleKey).sort().join('\n') ?? 'not isolated');
  return [subject === undefined ? '' : selectorKey(subject), ...parts].join('\n\n');
}

function ruleKey(rule: Rule): string {
  const names = (rule.ports ?? []).flatMap((port) => ('name' in port ? [nameKey(port)] : [])).sort();
  const ports = rule.ports === undefined ? '*' : portsKey(portsOf(rule.ports.filter((port) => 'first' in port)));
  return `${rule.peers === undefined ? '*' : listOf(rule).key} ${ports} ${names.join(' ')}`;
}

function namespacesWithPolicies(model: AuditModel): ReadonlySet<string> {
  return new Set([...model.policies.values()].map(({ policy }) => policy.namespace));
}

function sortByAge(entries: readonly AuditPolicy[]): AuditPolicy[] {
  return entries.toSorted((a, b) => compareAge(a.policy, b.policy));
}
