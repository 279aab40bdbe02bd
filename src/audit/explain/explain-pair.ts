/** Explains one pair of ends by the policies of both: every rule, and why it lets the connection through or does not. */

import { stringify } from 'yaml';
import { formatPrefix, isIPv4, type Address, type Prefix } from '../../model/ip.ts';
import { NAMESPACE_NAME_LABEL } from '../../model/labels.ts';
import { PROTOCOL_NUMBER, type Direction, type Protocol } from '../../model/verdict.ts';
import type { Policy, Rule } from '../../policy/policy.ts';
import { hasPort, intersectPorts, isEmptyPorts, type Ports } from '../../policy/ports.ts';
import { describePorts, describeRule } from '../describe-rule.ts';
import { ruleField } from '../checks/fields.ts';
import { describePlace } from '../describe-place.ts';
import { withoutGenerated } from '../generated-labels.ts';
import type { Workload } from '../input/audit-input.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import { addressOf, type Reach } from '../model/reach.ts';
import { portsOfRule, ruleTakesNetwork, ruleTakesPod } from '../model/rule-reach.ts';
import type { PairReport, RuleReason, SideReport } from './explain-report.ts';

export type Party = { readonly pods: PodClass } | { readonly address: Address };

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

export function explainPair(
  model: AuditModel,
  reach: Reach,
  source: Party,
  destination: Party,
  port: AskedPort | undefined,
  names: Names,
): ExplainedPair {
  const egress = 'pods' in source ? explainSide(model, reach, 'egress', source.pods, destination, port, names.source) : undefined;
  const ingress =
    'pods' in destination ? explainSide(model, reach, 'ingress', destination.pods, source, port, names.destination) : undefined;
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
): ExplainedSide {
  const address = 'pods' in peer ? (addressOf(peer.pods, true) ?? addressOf(peer.pods, false)) : peer.address;
  const ports = address === undefined ? 'all' : reach.side(direction, own, address);
  const policies = model.isolating(own, direction);
  const verdict = policies.length === 0 ? 'not isolated' : allows(ports, port) ? 'allowed' : 'denied';
  const rules = policies.flatMap((policy) => explainPolicy(model, policy, direction, own, peer, port));
  const wouldAllow = verdict === 'denied' ? writePolicy(direction, own.workload, peer, port) : null;
  return { own, peer, port, ports, report: { direction, of, verdict, ports: describePorts(ports), rules, wouldAllow } };
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

/** The smallest policy that allows it, beside what is there: policies add up. */
function writePolicy(direction: Direction, own: Workload, peer: Party, port: AskedPort | undefined): string {
  const other = 'pods' in peer ? peerOf(own, peer.pods.workload) : { ipBlock: { cidr: formatHost(peer.address) } };
  const rule = {
    [direction === 'ingress' ? 'from' : 'to']: [other],
    ...(port === undefined ? {} : { ports: [{ protocol: port.protocol, port: port.port }] }),
  };
  return stringify({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: nameOf(direction, own, peer), namespace: own.namespace },
    spec: {
      podSelector: { matchLabels: withoutGenerated(own.labels) },
      policyTypes: [direction === 'ingress' ? 'Ingress' : 'Egress'],
      [direction]: [rule],
    },
  });
}

function peerOf(own: Workload, peer: Workload): object {
  const pods = { podSelector: { matchLabels: withoutGenerated(peer.labels) } };
  return peer.namespace === own.namespace
    ? pods
    : { namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: peer.namespace } }, ...pods };
}

/** Objects' names have at most 253 letters, digits, - and . (RFC 1123). */
function nameOf(direction: Direction, own: Workload, peer: Party): string {
  const other = 'pods' in peer ? peer.pods.workload.name : formatHost(peer.address).replaceAll(/[:/]/g, '-');
  const name = direction === 'ingress' ? `${own.name}-from-${other}` : `${own.name}-to-${other}`;
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-')
    .slice(0, 253);
}

function formatHost(address: Address): string {
  return formatPrefix({ address, length: 128 }).replace(/^(.*)\/.*$/, isIPv4(address) ? '$1/32' : '$1/128');
}
