/** Where in a policy its peers and ports stand. */

import { DIRECTIONS, type Direction } from '../../model/verdict.ts';
import { FieldReader } from '../../policy/field-reader.ts';
import { parsePeer } from '../../policy/parse-peer.ts';
import type { Peer, PortRule, Rule } from '../../policy/policy.ts';
import type { AuditPolicy } from '../model/audit-model.ts';

export function ruleField(direction: Direction, { index }: Rule): string {
  return `spec.${direction}[${index}]`;
}

export function peerField(direction: Direction, rule: Rule, index: number): string {
  return `${ruleField(direction, rule)}.${direction === 'ingress' ? 'from' : 'to'}[${index}]`;
}

export function portField(direction: Direction, rule: Rule, index: number): string {
  return `${ruleField(direction, rule)}.ports[${index}]`;
}

export function* listRules({ policy }: AuditPolicy): Generator<{ readonly direction: Direction; readonly rule: Rule }> {
  for (const direction of DIRECTIONS) for (const rule of policy.rules[direction] ?? []) yield { direction, rule };
}

/** By their places in the manifest: a rule as it is compiled has lost those that match nothing. */
export function* listPeers(
  entry: AuditPolicy,
): Generator<{ readonly direction: Direction; readonly rule: Rule; readonly index: number; readonly peer: Peer }> {
  for (const { direction, rule } of listRules(entry)) {
    if ((rule.peers?.length ?? 0) === 0) continue;
    for (const [index, raw] of rawPeers(entry, direction, rule).entries()) {
      const peer = parsePeer(raw, '', {
        namespace: entry.policy.namespace,
        reader: new FieldReader(() => ({})),
        invalidate: () => undefined,
      });
      if (peer !== undefined) yield { direction, rule, index, peer };
    }
  }
}

/** As the manifest has them. Of a policy that was read, so everything is of the right shape. */
export function rawPeers({ object }: AuditPolicy, direction: Direction, { index }: Rule): readonly unknown[] {
  const rules = (object.spec as Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>)[direction];
  return (rules?.[index]?.[direction === 'ingress' ? 'from' : 'to'] ?? []) as readonly unknown[];
}

export function* listPorts(
  entry: AuditPolicy,
): Generator<{ readonly direction: Direction; readonly rule: Rule; readonly index: number; readonly port: PortRule }> {
  for (const { direction, rule } of listRules(entry)) {
    for (const [index, port] of (rule.ports ?? []).entries()) yield { direction, rule, index, port };
  }
}
