/** What the kernel should hold by now, told as the operations that put it there. */

import type { PutOperation } from '../model/plan.ts';
import type { AddressRows } from './address-rows.ts';
import type { EndpointClasses } from './endpoint-classes.ts';
import type { EndpointTable } from './endpoint-table.ts';
import type { Frontends } from './frontends.ts';
import type { KernelLedger } from './kernel-ledger.ts';
import type { RulesetTable } from './ruleset-table.ts';

export interface DesiredParts {
  readonly addresses: AddressRows;
  readonly rulesets: RulesetTable;
  readonly ledger: KernelLedger;
  readonly frontends: Frontends;
  readonly classes: EndpointClasses | undefined;
  readonly endpoints: EndpointTable;
}

/**
 * Everything of one kind that plans have put up to the last flush, less what they have removed since. May be read bit by bit while flushes go on: what
 * changes meanwhile is in their plans. `undefined` is nothing, but the time that it took to find that.
 */
export function* desiredOperations(
  { addresses, rulesets, ledger, frontends, classes, endpoints }: DesiredParts,
  kind: PutOperation['op'],
): Generator<PutOperation | undefined> {
  switch (kind) {
    case 'put-port-set':
      for (const portSet of rulesets.portSets()) yield { op: kind, portSet };
      return;
    case 'put-pair':
      yield* ledger.desiredPairs();
      if (classes !== undefined) yield* classes.desired();
      return;
    case 'put-address':
    case 'put-prefix':
      yield* addresses.desired(kind);
      return;
    case 'put-frontend':
      yield* frontends.desired();
      return;
    case 'put-local-pod':
    case 'put-config':
    case 'set-endpoint':
      for (const operation of endpoints.desired()) if (operation.op === kind) yield operation;
      return;
  }
}
