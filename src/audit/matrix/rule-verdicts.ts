/** What each rule says of a pair of classes, and what one side of the pair lets through. */

import type { Direction } from '../../model/verdict.ts';
import { isEmptyPorts, NO_PORTS, unionPorts, type Ports } from '../../policy/ports.ts';
import type { MatrixReport, MatrixRule } from './matrix-report.ts';

export interface RuleVerdict {
  readonly rule: MatrixRule;
  /** What the rule lets through between the two; undefined where it does not name the other side at all. */
  readonly ports: Ports | undefined;
}

export interface SideVerdict {
  /** `namespace/name` of the policies that isolate; undefined where none does, and everything passes. */
  readonly isolatedBy: readonly string[] | undefined;
  readonly rules: readonly RuleVerdict[];
  readonly ports: Ports;
}

/** Source and destination are indexes of classes. Egress is judged by the policies of the source, ingress by those of the destination. */
export function judgeSide(report: MatrixReport, direction: Direction, source: number, destination: number): SideVerdict {
  const [own, other] = direction === 'egress' ? [source, destination] : [destination, source];
  const isolatedBy = report.classes[own]?.[direction];
  if (isolatedBy === undefined) return { isolatedBy, rules: [], ports: 'all' };
  const indexes = report.classes[own]?.[direction === 'egress' ? 'egressRules' : 'ingressRules'] ?? [];
  const rules = indexes
    .map((index) => report.rules[index])
    .filter((rule) => rule !== undefined)
    .map((rule) => ({ rule, ports: rule.peers.includes(other) ? portsTo(rule, destination) : undefined }));
  const allowed = rules.map(({ ports }) => ports).filter((ports) => ports !== undefined && !isEmptyPorts(ports));
  return { isolatedBy, rules, ports: allowed.length === 0 ? NO_PORTS : unionPorts(allowed as Ports[]) };
}

function portsTo({ ports, byName }: MatrixRule, destination: number): Ports {
  return byName.find(({ destinations }) => destinations.includes(destination))?.ports ?? ports;
}
