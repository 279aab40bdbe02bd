/** Explains one pair of ends by the policies of both: every rule, and why it lets the connection through or does not. */

import { isDeepStrictEqual } from 'node:util';
import { isIPv4, type Address, type Prefix } from '../../model/ip.ts';
import { PROTOCOL_NUMBER, type Direction, type Protocol } from '../../model/verdict.ts';
import type { Policy, Rule } from '../../policy/policy.ts';
import { hasPort, intersectPorts, isEmptyPorts, NO_PORTS, type Ports } from '../../policy/ports.ts';
import { describePorts, describeRule } from '../describe-rule.ts';
import { ruleField } from '../checks/fields.ts';
import { describePlace } from '../describe-place.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import { addressOf, type Reach } from '../model/reach.ts';
import { portsOfRule, ruleTakesNetwork, ruleTakesPod } from '../model/rule-reach.ts';
import type { PairReport, RuleReason, SideReport } from './explain-report.ts';
import { writeAllowingPolicy } from './write-allowing-policy.ts';

export type Party = { readonly pods: PodClass } | { readonly address: Address };

export type Family = 'IPv4' | 'IPv6';

export interface AskedPort {
  readonly protocol: Protocol;
  readonly port: number;
}

/** A side with what it was made from. */
export interface ExplainedSide {
  readonly report: SideReport;
  readonly own: PodClass;
  readonly peer: Party;
  /** Undefined: all ports were asked about. */
  readonly port: AskedPort | undefined;
  /** Over which it is explained; undefined: whatever address the peer has. */
  readonly family: Family | undefined;
  /** What the policies of this side allow. */
  readonly ports: Ports;
}

export interface ExplainedPair {
  readonly report: PairReport;
  readonly sides: readonly ExplainedSide[];
}

interface Names {
  readonly source: string;
  readonly destination: string;
}

/** One pair, or one for each address family where policies make a difference between them. */
export function explainPairs(
  model: AuditModel,
  reach: Reach,
  source: Party,
  destination: Party,
  port: AskedPort | undefined,
  names: Names,
): readonly [ExplainedPair, ...ExplainedPair[]] {
  const explain = (family: Family | undefined, told: Names): ExplainedPair =>
    explainPair(model, reach, source, destination, port, told, family);
  const families = familiesInCommon(source, destination);
  if (families === undefined) return [explain(undefined, names)];
  const [first, second] = families;
  if (first === undefined) {
    const { report, sides } = explain(undefined, names);
    return [
      { report: { ...report, allowed: false, ports: describePorts(NO_PORTS), note: 'they have no address family in common' }, sides },
    ];
  }
  const one = explain(first, names);
  if (second === undefined) return [one];
  const other = explain(second, names);
  // Nobody knows yet which they will have.
  if ([source, destination].some(isToGetAddress)) return [!one.report.allowed && other.report.allowed ? other : one];
  if (isDeepStrictEqual(one.report, other.report)) return [{ ...one, sides: one.sides.map((side) => ({ ...side, family: undefined })) }];
  const over = (family: Family): Names => ({ ...names, destination: `${names.destination} over ${family}` });
  return [explain(first, over(first)), explain(second, over(second))];
}

/** Undefined where one is no pod, or on its node's network: its address decides. */
function familiesInCommon(source: Party, destination: Party): Family[] | undefined {
  const [from, to] = [source, destination].map((party) => ('pods' in party ? party.pods.pod.addresses : []));
  if (from === undefined || to === undefined || from.length === 0 || to.length === 0) return undefined;
  return (['IPv4', 'IPv6'] as const).filter((family) => [from, to].every((addresses) => addresses.some((one) => isOf(family, one))));
}

function isToGetAddress(party: Party): boolean {
  if (!('pods' in party)) return false;
  const { workload, names } = party.pods;
  return !workload.pods.some(({ name, addresses }) => addresses.length > 0 && names.includes(name));
}

export function isOf(family: Family, address: Address): boolean {
  return isIPv4(address) === (family === 'IPv4');
}

function explainPair(
  model: AuditModel,
  reach: Reach,
  source: Party,
  destination: Party,
  port: AskedPort | undefined,
  names: Names,
  family: Family | undefined,
): ExplainedPair {
  const sideOf = (direction: Direction, own: PodClass, peer: Party, of: string): ExplainedSide =>
    explainSide(model, reach, direction, own, peer, port, of, family);
  const egress = 'pods' in source ? sideOf('egress', source.pods, destination, names.source) : undefined;
  const ingress = 'pods' in destination ? sideOf('ingress', destination.pods, source, names.destination) : undefined;
  const ports = intersectPorts(egress?.ports ?? 'all', ingress?.ports ?? 'all');
  const sides = [egress, ingress].filter((side) => side !== undefined);
  const report = {
    ...names,
    port: port === undefined ? null : `${port.port}/${port.protocol}`,
    allowed: allows(ports, port),
    ports: describePorts(ports),
    sides: sides.map((side) => side.report),
  };
  return { report, sides };
}

function explainSide(
  model: AuditModel,
  reach: Reach,
  direction: Direction,
  own: PodClass,
  peer: Party,
  port: AskedPort | undefined,
  of: string,
  family: Family | undefined,
): ExplainedSide {
  const met = 'pods' in peer && family !== undefined ? { pods: onlyOf(family, peer.pods) } : peer;
  const address = 'pods' in met ? (addressOf(met.pods, true) ?? addressOf(met.pods, false)) : met.address;
  const ports = address === undefined ? 'all' : reach.side(direction, own, address);
  const policies = model.isolating(own, direction);
  const verdict = policies.length === 0 ? 'not isolated' : allows(ports, port) ? 'allowed' : 'denied';
  const rules = policies.flatMap((policy) => explainPolicy(model, policy, direction, own, met, port));
  const wouldAllow = verdict === 'denied' ? writeAllowingPolicy(model, direction, own, peer, port) : null;
  return { own, peer, port, family, ports, report: { direction, of, verdict, ports: describePorts(ports), rules, wouldAllow } };
}

function onlyOf(family: Family, one: PodClass): PodClass {
  return { ...one, pod: { ...one.pod, addresses: one.pod.addresses.filter((address) => isOf(family, address)) } };
}

function allows(ports: Ports, port: AskedPort | undefined): boolean {
  return port === undefined ? !isEmptyPorts(ports) : hasPort(ports, PROTOCOL_NUMBER[port.protocol], port.port);
}

function explainPolicy(
  model: AuditModel,
  policy: Policy,
  direction: Direction,
  own: PodClass,
  peer: Party,
  port: AskedPort | undefined,
): RuleReason[] {
  const entry = model.policies.get(policy.key);
  const common = { policy: policy.key, place: describePlace(entry?.place() ?? {}) };
  const rules = policy.rules[direction] ?? [];
  if (!policy.valid) return [{ ...common, rule: null, text: 'allows nothing', allows: false, because: 'cannot be read' }];
  if (model.compiler.refused.has(policy.key))
    return [{ ...common, rule: null, text: 'allows nothing', allows: false, because: 'does not fit the budgets' }];
  if (rules.length === 0) return [{ ...common, rule: null, text: 'allows nothing', allows: false, because: 'no rules' }];
  return rules.map((rule): RuleReason => {
    const because = !takes(model, rule, peer) ? 'other peer' : allows(portsAt(rule, direction, own, peer), port) ? 'matches' : 'other port';
    const place = describePlace(entry?.place(ruleField(direction, rule)) ?? {});
    return { policy: policy.key, place, rule: rule.index, text: describeRule(rule, direction), allows: because === 'matches', because };
  });
}

function takes(model: AuditModel, rule: Rule, peer: Party): boolean {
  return 'pods' in peer ? ruleTakesPod(model, rule, peer.pods.pod) : ruleTakesNetwork(rule, [hostPrefix(peer.address)]);
}

function portsAt(rule: Rule, direction: Direction, own: PodClass, peer: Party): Ports {
  return portsOfRule(rule, direction === 'ingress' ? own.pod : 'pods' in peer ? peer.pods.pod : undefined);
}

function hostPrefix(address: Address): Prefix {
  return { address, length: 128 };
}
