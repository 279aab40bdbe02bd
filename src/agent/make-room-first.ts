/** The order in which a failed plan is tried again: what it waits for may be the room that removals make. */

import type { Operation } from '../model/plan.ts';

/** Removals, then what is owed, less the rows that are removed. Numbers of rulesets, identities and port sets are never used again. */
export function makeRoomFirst(removals: readonly Operation[], owed: readonly Operation[]): readonly Operation[] {
  if (owed.length === 0) return removals;
  const removed = new Set(removals.map(rowOf));
  return [...removals, ...owed.filter((operation) => !isPut(operation) || !removed.has(rowOf(operation)))];
}

function isPut({ op }: Operation): boolean {
  return op === 'put-pair' || op === 'put-port-set';
}

function rowOf(operation: Operation): string | undefined {
  switch (operation.op) {
    case 'put-pair':
    case 'delete-pair':
      return `${operation.ruleset} ${operation.identity}`;
    case 'put-port-set':
    case 'delete-port-set':
      return `${operation.portSet.id}`;
    default:
      return undefined;
  }
}
