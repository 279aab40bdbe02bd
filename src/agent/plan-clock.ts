/** The time by which the compiler makes its plans: it hardly goes on while one of them has not been applied, since until then nothing of it has begun. */

import type { Now } from '../compiler/compiler-options.ts';
import { REMOVAL_DELAY_MS } from '../compiler/kernel-ledger.ts';

export class PlanClock {
  readonly #read: () => Now;
  /** By how much it is late. */
  #lag = 0;
  #stoppedAt: number | undefined;

  constructor(read: () => Now) {
    this.#read = read;
  }

  read(): Now {
    const now = this.#read();
    const ms = now.ms - this.#lag;
    if (this.#stoppedAt === undefined) return { ...now, ms };
    // So far that what was out of force before may be removed, and not what the plan was to put out of force.
    return { ...now, ms: Math.min(ms, this.#stoppedAt + REMOVAL_DELAY_MS - 1) };
  }

  /** A plan that was made at this time could not be applied. */
  stop(plannedAt: number): void {
    this.#stoppedAt ??= plannedAt;
  }

  /** All plans are applied: what they put out of force is so from now on. */
  resume(): void {
    if (this.#stoppedAt === undefined) return;
    this.#lag = this.#read().ms - this.#stoppedAt;
    this.#stoppedAt = undefined;
  }
}
