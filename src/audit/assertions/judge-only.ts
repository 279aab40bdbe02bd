/** Judges assertions that nobody else may come, or be reached: no other workload, no network outside, no pod that may come. */

import { intersectPorts, isEmptyPorts, type Ports } from '../../policy/ports.ts';
import { explainPairs } from '../explain/explain-pair.ts';
import type { PairReport } from '../explain/explain-report.ts';
import type { PodClass } from '../model/audit-model.ts';
import type { OnlyAssertion, PodSelection } from './assertion.ts';
import { askOf, type Target } from './find-parties.ts';
import type { JudgeContext } from './judge-context.ts';
import { judgeImagined } from './judge-imagined.ts';
import { MOST_PAIRS, onePort, partyOf } from './judge-pairs.ts';
import type { AssertedParty } from './party.ts';
import { isHostNetwork } from './pair-table.ts';
import { HOLDS, type Verdict } from './test-report.ts';

/** Whom an assertion excepts. */
interface Exempted {
  readonly classes: ReadonlySet<PodClass>;
  /** Those of them that are not meant by their labels: who comes with the labels by which a rule knows one of them is taken for it. */
  readonly named: ReadonlySet<PodClass>;
  /** Whoever is such, there or still to come. */
  readonly selections: readonly PodSelection[];
}

/** Throws `E_AUDIT_END` and `E_AUDIT_PORT`. */
export function judgeOnly(assertion: OnlyAssertion, context: JudgeContext): Verdict {
  const own = findOwn(assertion, context);
  if (own.length === 0) return { ...HOLDS, message: 'it is about nothing: the selection is empty' };
  const exempted = findExempted(assertion, context);
  const others = listOthers(assertion, exempted, context);
  const names: string[] = [];
  const pairs: PairReport[] = [];
  let count = 0;
  const add = (name: string, report: () => PairReport): void => {
    count += 1;
    if (!names.includes(name)) names.push(name);
    if (pairs.length < MOST_PAIRS) pairs.push(report());
  };
  for (const target of own) {
    const reported = new Set(exempted.named);
    const kind = context.pairs.kindOf(target.party);
    for (const other of others) {
      const otherKind = context.pairs.kindOf(other);
      const [source, destination] = assertion.kind === 'onlyFrom' ? [otherKind, kind] : [kind, otherKind];
      const { most } = context.pairs.between(source, destination);
      const allowed = target.asked === undefined ? most : intersectPorts(most, target.asked);
      if (isEmptyPorts(allowed)) continue;
      if (other.kind === 'pods') reported.add(other.pods);
      add(context.describe(other), () => explainOther(assertion, target.party, other, allowed, context));
    }
    // Who comes with the labels of one that is told already is no news.
    for (const report of findImagined(assertion, target, exempted.selections, reported, context)) {
      add(assertion.kind === 'onlyFrom' ? report.source : report.destination, () => report);
    }
  }
  if (count === 0) return HOLDS;
  const named = [...names.slice(0, MOST_PAIRS), ...(names.length > MOST_PAIRS ? [`${names.length - MOST_PAIRS} more`] : [])].join('; ');
  const message = assertion.kind === 'onlyFrom' ? `it is reached by others: ${named}` : `it reaches others: ${named}`;
  return { outcome: 'fails', message, pairs, more: count - pairs.length };
}

function findOwn({ kind, own, ports }: OnlyAssertion, { finder }: JudgeContext): readonly Target[] {
  if (kind === 'onlyFrom') return finder.findTargets(own, ports);
  return finder.find(own).map((party) => ({ party, asked: ports && askOf(ports, party) }));
}

/** A class of which only some pods are exempt is not. */
function findExempted({ peers }: OnlyAssertion, { finder }: JudgeContext): Exempted {
  const classes = new Set<PodClass>();
  const selections: PodSelection[] = [];
  const named = new Set<PodClass>();
  for (const peer of peers) {
    const isSelection = peer.kind === 'selection';
    if (isSelection && peer.workload === undefined) selections.push(peer);
    for (const party of finder.find(peer)) {
      if (party.kind === 'outside' || (isSelection && !finder.isWholly(party.pods, peer))) continue;
      classes.add(party.pods);
      if (!isSelection || peer.workload !== undefined) named.add(party.pods);
    }
  }
  return { classes, named, selections };
}

/** Nodes always reach their own pods: pods on their network are nobody that a policy could keep away. */
function listOthers({ peers }: OnlyAssertion, { classes }: Exempted, { model, regions, finder }: JudgeContext): AssertedParty[] {
  const pods = model.classes.filter((one) => !isHostNetwork(one) && !classes.has(one));
  const prefixes = peers.flatMap((peer) => finder.prefixesOf(peer));
  return [
    ...pods.map((one): AssertedParty => ({ kind: 'pods', pods: one })),
    ...regions.beyond(prefixes).map((region): AssertedParty => ({ kind: 'outside', region })),
  ];
}

function* findImagined(
  { kind }: OnlyAssertion,
  { party, asked }: Target,
  selections: readonly PodSelection[],
  known: ReadonlySet<PodClass>,
  { model, imagined, describe }: JudgeContext,
): Generator<PairReport> {
  if (party.kind === 'outside') return;
  const direction = kind === 'onlyFrom' ? 'ingress' : 'egress';
  const policies = model.isolating(party.pods, direction);
  for (const pod of imagined.list(direction, policies, selections)) {
    const report = judgeImagined(model, direction, party.pods, describe(party), pod, asked, known);
    if (report !== undefined) yield report;
  }
}

function explainOther(
  { kind }: OnlyAssertion,
  own: AssertedParty,
  other: AssertedParty,
  allowed: Ports,
  { model, reach, describe }: JudgeContext,
): PairReport {
  const [source, destination] = kind === 'onlyFrom' ? [other, own] : [own, other];
  const names = { source: describe(source), destination: describe(destination) };
  const explained = explainPairs(model, reach, partyOf(source), partyOf(destination), onePort(allowed), names);
  return (explained.find(({ report }) => report.allowed) ?? explained[0]).report;
}
