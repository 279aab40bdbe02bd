/** A bucket of tokens that fills by the clock: many at once, few for long. */

export interface BucketOptions {
  /** Tokens that it holds, and begins with. */
  readonly size: number;
  /** Milliseconds for one more. */
  readonly refillMs: number;
}

export class TokenBucket {
  readonly #options: BucketOptions;
  #tokens: number;
  #at: number;

  /** `now`: milliseconds of any steady clock. */
  constructor(options: BucketOptions, now: number) {
    this.#options = options;
    this.#tokens = options.size;
    this.#at = now;
  }

  /** Takes one and returns 0, or returns the milliseconds until there is one. */
  take(now: number): number {
    const { size, refillMs } = this.#options;
    this.#tokens = Math.min(size, this.#tokens + (now - this.#at) / refillMs);
    this.#at = now;
    if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) * refillMs);
    this.#tokens -= 1;
    return 0;
  }
}
