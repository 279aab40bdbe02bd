/** Judges assertions of what is allowed or denied between two ends. */

import { PROTOCOLS } from '../../model/verdict.ts';
import { containsPorts, intersectPorts, isEmptyPorts, portsKey, subtractPorts, type Ports } from '../../policy/ports.ts';
import { explainPairs, type AskedPort, type Party } from '../explain/explain-pair.ts';
import type { PairReport } from '../explain/explain-report.ts';
import type { PairAssertion } from './assertion.ts';
import type { Target } from './find-parties.ts';
import type { JudgeContext } from './judge-context.ts';
import { isHostNetwork, type Allowed, type KindIndex } from './pair-table.ts';
import type { AssertedParty } from './party.ts';
import { HOLDS, type Verdict } from './test-report.ts';

/** Pairs that are explained for each assertion: more would bury them. */
export const MOST_PAIRS = 3;

/** Parties that are treated alike. */
interface Group<Member> {
  readonly kind: KindIndex;
  readonly members: Member[];
}

interface TargetGroup extends Group<AssertedParty> {
  readonly asked: Ports | undefined;
  /** What was said of a pair holds for all of which the same is allowed and asked. */
  readonly verdicts: boolean[];
}

/** Throws `E_AUDIT_END` and `E_AUDIT_PORT`. */
export function judgePairs(assertion: PairAssertion, context: JudgeContext): Verdict {
  const { finder } = context;
  const sources = groupSources(finder.find(assertion.from.end), context);
  const targets = groupTargets(finder.findTargets(assertion.to.end, assertion.ports), context);
  if (sources.length === 0 || targets.length === 0) return { ...HOLDS, message: 'it is about nothing: a selection is empty' };
  const outsideOnly = [sources, targets].every((groups) => groups.every(({ members }) => members[0]?.kind === 'outside'));
  if (outsideOnly)
    return { ...HOLDS, outcome: 'error', message: 'both ends are outside of the cluster, and no policy judges what is between them' };
  const { pairs } = context;
  const holds = (source: Group<AssertedParty>, { kind, asked, verdicts }: TargetGroup): boolean => {
    const index = pairs.indexOf(source.kind, kind);
    return (verdicts[index] ??= isAsAsserted(assertion.kind, pairs.allowed(index), asked));
  };
  const failing = findFailing(sources, targets, holds, assertion);
  if (failing.pairs.length === 0) return HOLDS;
  const explained = failing.pairs
    .slice(0, MOST_PAIRS)
    .map(([source, target]) => explainFailure(assertion.kind, source.members[0] as AssertedParty, target, context));
  return { outcome: 'fails', message: describeFailure(assertion, failing), pairs: explained, more: failing.count - explained.length };
}

interface Failing {
  /** Of groups: the first of each stands for the others. */
  readonly pairs: readonly (readonly [Group<AssertedParty>, TargetGroup])[];
  readonly count: number;
  readonly of: number;
}

type Holds = (source: Group<AssertedParty>, target: TargetGroup) => boolean;

/** With one `some`: for each of the other side there must be one of this side. With two, one pair is enough. */
function findFailing(
  sources: readonly Group<AssertedParty>[],
  targets: readonly TargetGroup[],
  holds: Holds,
  assertion: PairAssertion,
): Failing {
  const size = (groups: readonly { members: readonly unknown[] }[]): number => groups.reduce((sum, { members }) => sum + members.length, 0);
  const [some, each] = [assertion.from.quantifier, assertion.to.quantifier];
  const [anySource, anyTarget] = [some === 'some', each === 'some'];
  const first = sources[0] as Group<AssertedParty>;
  if (anySource && anyTarget) {
    const found = sources.some((source) => targets.some((target) => holds(source, target)));
    const of = size(sources) * size(targets);
    return { pairs: found ? [] : [[first, targets[0] as TargetGroup]], count: found ? 0 : of, of };
  }
  if (anySource) {
    const without = targets.filter((target) => !sources.some((source) => holds(source, target)));
    return { pairs: without.map((target) => [first, target] as const), count: size(without), of: size(targets) };
  }
  if (anyTarget) {
    const without = sources.filter((source) => !targets.some((target) => holds(source, target)));
    return { pairs: without.map((source) => [source, targets[0] as TargetGroup] as const), count: size(without), of: size(sources) };
  }
  const pairs: [Group<AssertedParty>, TargetGroup][] = [];
  let count = 0;
  for (const source of sources) {
    for (const target of targets) {
      if (holds(source, target)) continue;
      count += source.members.length * target.members.length;
      if (pairs.length < MOST_PAIRS) pairs.push([source, target]);
    }
  }
  return { pairs, count, of: size(sources) * size(targets) };
}

/** What is asserted must be certain. */
function isAsAsserted(kind: 'allow' | 'deny', { least, most }: Allowed, asked: Ports | undefined): boolean {
  if (kind === 'allow') return asked === undefined ? least === 'all' : containsPorts(least, asked);
  return isEmptyPorts(asked === undefined ? most : intersectPorts(most, asked));
}

function describeFailure({ kind, from, to }: PairAssertion, { count, of }: Failing): string {
  const [is, isNot] = kind === 'allow' ? ['denied', 'allowed'] : ['allowed', 'denied'];
  if (from.quantifier === 'some' && to.quantifier === 'some') return `no pair is ${isNot}`;
  if (from.quantifier === 'some') return `${count} of ${of} destinations: from no source is it ${isNot}`;
  if (to.quantifier === 'some') return `${count} of ${of} sources: to no destination is it ${isNot}`;
  return of === 1 ? `it is ${is}` : `${count} of ${of} pairs are ${is}`;
}

function explainFailure(kind: 'allow' | 'deny', source: AssertedParty, target: TargetGroup, context: JudgeContext): PairReport {
  const { model, reach, pairs, describe } = context;
  const destination = target.members[0] as AssertedParty;
  const { least, most } = pairs.between(pairs.kindOf(source), target.kind);
  const wrong = kind === 'allow' ? subtractPorts(target.asked ?? 'all', least) : intersectPorts(most, target.asked ?? 'all');
  const names = { source: nameOf(source, describe), destination: nameOf(destination, describe) };
  const port = onePort(wrong);
  const explained = explainPairs(model, reach, partyOf(source), partyOf(destination), port, names);
  const { report } = explained.find((pair) => pair.report.allowed === (kind === 'deny')) ?? explained[0];
  const withoutPorts = port === undefined && report.allowed && kind === 'allow';
  return { ...report, ...(withoutPorts && { port: 'protocols without ports, such as ICMP' }), allowed: kind === 'deny' };
}

/** A node always reaches its own pods, which no rule of theirs says. */
function nameOf(party: AssertedParty, describe: JudgeContext['describe']): string {
  return party.kind === 'pods' && isHostNetwork(party.pods) ? `${describe(party)} (on the host’s network)` : describe(party);
}

export function partyOf(party: AssertedParty): Party {
  return party.kind === 'pods' ? { pods: party.pods } : { address: party.region.sample };
}

/** One of them; `undefined` where all are meant, or only protocols without ports are left. */
export function onePort(ports: Ports): AskedPort | undefined {
  if (ports === 'all') return undefined;
  for (const protocol of PROTOCOLS) {
    const range = ports[protocol].find(({ last }) => last > 0);
    if (range !== undefined) return { protocol, port: Math.max(1, range.first) };
  }
  return undefined;
}

function groupSources(parties: readonly AssertedParty[], { pairs }: JudgeContext): Group<AssertedParty>[] {
  return [...Map.groupBy(parties, (party) => pairs.kindOf(party))].map(([kind, members]) => ({ kind, members }));
}

function groupTargets(targets: readonly Target[], { pairs }: JudgeContext): TargetGroup[] {
  const groups = Map.groupBy(targets, ({ party, asked }) => `${pairs.kindOf(party)} ${asked === undefined ? '' : portsKey(asked)}`);
  const verdicts = new Map<string, boolean[]>();
  return [...groups.values()].map((members) => {
    const { party, asked } = members[0] as Target;
    const key = asked === undefined ? '' : portsKey(asked);
    const shared = verdicts.get(key) ?? [];
    verdicts.set(key, shared);
    return { kind: pairs.kindOf(party), asked, verdicts: shared, members: members.map((member) => member.party) };
  });
}
