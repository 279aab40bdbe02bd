/** Waits that double, with jitter, so that a thousand agents do not come back at one moment. */

import { setTimeout as sleep } from 'node:timers/promises';

export interface BackoffOptions {
  readonly firstMs: number;
  readonly mostMs: number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  #next: number;

  constructor(options: BackoffOptions) {
    this.#options = options;
    this.#next = options.firstMs;
  }

  reset(): void {
    this.#next = this.#options.firstMs;
  }

  /** Between half of it and all of it, at most `mostMs`. Ends at once when `signal` aborts. */
  async wait(signal: AbortSignal, mostMs = this.#options.mostMs): Promise<void> {
    const milliseconds = Math.min(this.#next, mostMs) * (0.5 + Math.random() / 2);
    this.#next = Math.min(this.#next * 2, this.#options.mostMs);
    await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  }
}
