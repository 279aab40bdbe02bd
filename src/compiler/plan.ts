/** A flush as a value: what to do, in which order, and under which generation. */

import type { Operation } from '../model/plan.ts';

export interface Plan {
  /**
   * First what has been out of force for a second is removed, which makes room. Then to the middle state (rulesets of both, identities of both, addresses of
   * after, endpoints of before), then the endpoints' flips. Applied in order; a reader between any two operations sees a ruleset that was in force and an
   * identity that the peer had.
   */
  readonly steps: readonly [removals: readonly Operation[], toMiddle: readonly Operation[], flips: readonly Operation[]];
  /** The node-wide counter after this plan; stored before the flips. */
  readonly generation: number;
  /** Nothing to do. */
  readonly empty: boolean;
}

/** Order within the ipcache: what is more specific is written first, and what is less specific is deleted first, so that no address ever falls to a wider prefix's identity that it never had. */
export function orderAddressOperations(operations: readonly Operation[]): Operation[] {
  return [...operations].sort((a, b) => rank(a) - rank(b));
}

function rank(operation: Operation): number {
  switch (operation.op) {
    case 'put-address':
      return 0;
    case 'put-prefix':
      return 1 + (128 - operation.prefix.length);
    case 'delete-prefix':
      return 200 + operation.prefix.length;
    case 'delete-address':
      return 400;
    default:
      return 0;
  }
}
