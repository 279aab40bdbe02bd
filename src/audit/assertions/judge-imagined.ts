/** What policies allow between pods that are there and pods that are not: by the rules themselves, as nothing is compiled for those. */

import type { Direction } from '../../model/verdict.ts';
import type { Policy, Rule } from '../../policy/policy.ts';
import { intersectPorts, isEmptyPorts, NO_PORTS, portsOf, unionPorts, type Ports } from '../../policy/ports.ts';
import { listOf } from '../../policy/ruleset.ts';
import { matchesSelector } from '../../policy/selector.ts';
import { ruleField } from '../checks/fields.ts';
import { describePlace } from '../describe-place.ts';
import { describePorts, describeRule } from '../describe-rule.ts';
import type { PairReport, RuleReason, SideReport } from '../explain/explain-report.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import { portsOfRule, ruleTakesPod } from '../model/rule-reach.ts';
import { describeImagined, isTakenAs, takesImagined, type ImaginedPod, takesByName } from './imagined-pods.ts';

const LAST_PORT = 65535;

/** One end's policies, and which of their rules take in the other end on which ports. */
interface Side {
  readonly policies: readonly Policy[];
  readonly taking: readonly { readonly policy: Policy; readonly rule: Rule; readonly ports: Ports }[];
}

/** `undefined` where nothing of what is asked is allowed, or only as to one of `known`. `direction`: that of the pods that are there. */
export function judgeImagined(
  model: AuditModel,
  direction: Direction,
  own: PodClass,
  ownName: string,
  imagined: ImaginedPod,
  asked: Ports | undefined,
  known: ReadonlySet<PodClass>,
): PairReport | undefined {
  const ownSide = sideOf(
    model,
    direction,
    model.isolating(own, direction),
    (rule) => takesByName(rule, direction) || takes(rule, imagined),
    own,
    direction,
  );
  const ports = meet(portsOfSide(ownSide), asked);
  if (isEmptyPorts(ports)) return undefined;
  const relevant = ownSide.taking.filter((one) => !isEmptyPorts(meet(one.ports, asked)));
  if (relevant.length > 0 && [...known].some((one) => relevant.every(({ rule }) => isTakenAs(rule, direction, imagined, one))))
    return undefined;
  const other = direction === 'ingress' ? 'egress' : 'ingress';
  const otherSide = sideOf(model, other, policiesOf(model, imagined, other), (rule) => ruleTakesPod(model, rule, own.pod), own, direction);
  const both = meet(portsOfSide(otherSide), ports);
  if (isEmptyPorts(both)) return undefined;
  const name = describeImagined(imagined);
  const reports = [reportSide(model, direction, ownName, ownSide), reportSide(model, other, name, otherSide)];
  const [source, destination] = direction === 'ingress' ? [name, ownName] : [ownName, name];
  return {
    source,
    destination,
    port: null,
    allowed: true,
    ports: describePorts(both),
    sides: reports.toSorted((a, b) => a.direction.localeCompare(b.direction)),
  };
}

function meet(ports: Ports, asked: Ports | undefined): Ports {
  return asked === undefined ? ports : intersectPorts(ports, asked);
}

function policiesOf(model: AuditModel, { namespace, labels }: ImaginedPod, direction: Direction): Policy[] {
  return model
    .policiesIn(namespace)
    .map(({ policy }) => policy)
    .filter(({ subject, rules }) => subject !== undefined && rules[direction] !== undefined && matchesSelector(subject, labels));
}

function sideOf(
  model: AuditModel,
  direction: Direction,
  policies: readonly Policy[],
  isTaken: (rule: Rule) => boolean,
  own: PodClass,
  ownDirection: Direction,
): Side {
  const enforced = policies.filter(({ key }) => !model.compiler.refused.has(key));
  const taking = enforced.flatMap((policy) =>
    (policy.rules[direction] ?? []).filter(isTaken).map((rule) => ({
      policy,
      rule,
      ports: ownDirection === 'ingress' ? portsOfRule(rule, own.pod) : portsOfAny(rule),
    })),
  );
  return { policies, taking };
}

function portsOfSide({ policies, taking }: Side): Ports {
  if (policies.length === 0) return 'all';
  return taking.length === 0 ? NO_PORTS : unionPorts(taking.map(({ ports }) => ports));
}

function takes(rule: Rule, pod: ImaginedPod): boolean {
  if (rule.peers === undefined) return true;
  const list = listOf(rule);
  if (list.kind !== 'peers') return false;
  return list.pods.some((peer) => takesImagined(peer, pod)) || pod.addresses.some((address) => list.blocks.contains(address));
}

/** What a destination that may come calls its ports nobody knows: any may have the name. */
function portsOfAny({ ports }: Rule): Ports {
  if (ports === undefined) return 'all';
  return portsOf(ports.map((port) => ('name' in port ? { protocol: port.protocol, first: 1, last: LAST_PORT } : port)));
}

function reportSide(model: AuditModel, direction: Direction, of: string, side: Side): SideReport {
  const rules = side.taking.map(({ policy, rule }): RuleReason => {
    const place = describePlace(model.policies.get(policy.key)?.place(ruleField(direction, rule)) ?? {});
    return { policy: policy.key, place, rule: rule.index, text: describeRule(rule, direction), allows: true, because: 'matches' };
  });
  const verdict = side.policies.length === 0 ? 'not isolated' : 'allowed';
  return { direction, of, verdict, ports: describePorts(portsOfSide(side)), rules, wouldAllow: null };
}
