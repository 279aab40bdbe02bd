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

export interface PlacedPeer {
  readonly direction: Direction;
  readonly rule: Rule;
  /** Its place in the manifest: a rule as it is compiled has lost those that match nothing. */
  readonly index: number;
  readonly peer: Peer;
}

const peersOf = new WeakMap<AuditPolicy, readonly PlacedPeer[]>();

export function listPeers(entry: AuditPolicy): readonly PlacedPeer[] {
  let peers = peersOf.get(entry);
  if (peers === undefined) peersOf.set(entry, (peers = [...readPeers(entry)]));
  return peers;
}

function* readPeers(entry: AuditPolicy): Generator<PlacedPeer> {
  const { namespace } = entry.policy;
  for (const { direction, rule } of listRules(entry)) {
    if ((rule.peers?.length ?? 0) === 0) continue;
    const raw = rawPeers(entry, direction, rule);
    // Nothing was left out: they are as they were read.
    const read = raw.length === rule.peers?.length ? rule.peers : raw.map((peer) => readPeer(peer, namespace));
    for (const [index, peer] of read.entries()) if (peer !== undefined) yield { direction, rule, index, peer };
  }
}

function readPeer(raw: unknown, namespace: string): Peer | undefined {
  return parsePeer(raw, '', { namespace, reader: new FieldReader(() => ({})), invalidate: () => undefined });
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
