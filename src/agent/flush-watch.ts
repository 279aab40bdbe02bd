/** Whoever measures the reconciler hears of its steps as they happen. */

import type { ClusterEvent } from '../model/source.ts';

export interface FlushWatch {
  /** These have just been read from the source; the picture was complete before. */
  eventsCame(events: readonly ClusterEvent[]): void;
  /** What has come so far is in a plan. */
  planned(): void;
  /** Every plan is in the maps. */
  applied(): void;
  /** A flush is over, in force or not. */
  flushed(durationMs: number): void;
}

export const NO_WATCH: FlushWatch = {
  eventsCame: () => undefined,
  planned: () => undefined,
  applied: () => undefined,
  flushed: () => undefined,
};
