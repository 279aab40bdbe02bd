/** What a policy asks the kernel to hold: lists of peers that are to be told apart, and port rows for each class of them. */

import type { Direction } from '../model/verdict.ts';
import type { PeerList } from '../policy/peer-list.ts';
import type { Policy, Rule } from '../policy/policy.ts';
import { countPortRows, portsOf } from '../policy/ports.ts';
import { listOf } from '../policy/ruleset.ts';
import type { Population } from './population.ts';

export interface Claim {
  /** `undefined`: any peer. */
  readonly list: PeerList | undefined;
  /** 0 for a rule that allows all ports. */
  readonly portRows: number;
}

/** Policies that select some pods of one node in one direction: what will be one ruleset, or several that differ by the pods' own port numbers. */
export interface Selection {
  readonly direction: Direction;
  readonly policies: readonly Policy[];
  readonly rulesets: number;
}

/** Of one policy, in each selection that it is part of. */
export type Asked = readonly (readonly [Selection, readonly Claim[]])[];

const rowsOfRules = new WeakMap<Rule, number>();

/** Egress port names are lists too: of the pods that have a number for it. */
export function claimsOf(policy: Policy, direction: Direction, population: Population): Claim[] {
  return (policy.rules[direction] ?? []).flatMap((rule) => {
    if (rule.peers?.length === 0) return [];
    const own: Claim = { list: rule.peers === undefined ? undefined : listOf(rule), portRows: rowsOf(rule, direction) };
    const names = direction === 'egress' ? (rule.ports ?? []).filter((port) => 'name' in port) : [];
    return [own, ...names.flatMap((name) => population.numbersOf(name).map((list) => ({ list, portRows: 1 })))];
  });
}

/** Its claims depend on the ports of other pods. */
export function usesNames(policy: Policy): boolean {
  return (policy.rules.egress ?? []).some((rule) => rule.ports?.some((port) => 'name' in port) === true);
}

/** Rows of a list in the tables of prefixes and addresses. */
export function countEdges(list: PeerList): number {
  if (list.kind !== 'peers') return 0;
  const { prefixes, addresses } = list.blocks.edges;
  return prefixes + addresses;
}

/** Oldest first, the same everywhere. */
export function compareAge(a: Policy, b: Policy): number {
  return a.createdAt - b.createdAt || compareText(a.uid, b.uid) || compareText(a.key, b.key);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A name of ingress is a number of the pod's own. */
function rowsOf(rule: Rule, direction: Direction): number {
  let rows = rowsOfRules.get(rule);
  if (rows === undefined) {
    const ports = rule.ports ?? [];
    const names = direction === 'ingress' ? ports.filter((port) => 'name' in port).length : 0;
    rowsOfRules.set(rule, (rows = countPortRows(portsOf(ports.filter((port) => 'first' in port))) + names));
  }
  return rows;
}
