/** The order in which interfaces are opened: whoever breaks the glass may do so because something else cannot be written. */

import { CONFIG_OPEN, type Operation } from '../model/plan.ts';

type SetEndpoint = Extract<Operation, { op: 'set-endpoint' }>;

/** What opens an interface for good comes first, since it needs nothing that stands before it; earlier words of that interface are left out. */
export function openFirst(operations: readonly Operation[]): readonly Operation[] {
  const last = new Map<number, SetEndpoint>();
  for (const operation of operations) if (operation.op === 'set-endpoint') last.set(operation.ifindex, operation);
  const opening = [...last.values()].filter(({ word }) => word.config === CONFIG_OPEN);
  if (opening.length === 0) return operations;
  const opened = new Set(opening.map(({ ifindex }) => ifindex));
  return [...opening, ...operations.filter((operation) => operation.op !== 'set-endpoint' || !opened.has(operation.ifindex))];
}
