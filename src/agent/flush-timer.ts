/** When the next flush is: at once for an idle agent, a little later while changes keep coming, later still after a failure. */

/** While changes keep coming, flushes are at least this far apart. */
const INTERVAL_MS = 10;
/** After a failed operation. Everything is idempotent, so all that is left is tried again. */
const RETRY_MS = 1000;

export class FlushTimer {
  readonly #flush: () => void;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;
  #lastAt = -Infinity;

  constructor(flush: () => void) {
    this.#flush = flush;
  }

  /** A flush is to come. */
  get waiting(): boolean {
    return this.#timer !== undefined;
  }

  /** Milliseconds for which a flush has been due and has not begun. */
  get overdueMs(): number {
    return Math.max(0, performance.now() - this.#dueAt);
  }

  soon(): void {
    this.#after(Math.max(0, this.#lastAt + INTERVAL_MS - performance.now()));
  }

  afterFailure(): void {
    this.#after(RETRY_MS);
  }

  /** One begins now: what was to come is this one. */
  begun(): void {
    this.stop();
    this.#lastAt = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueAt = Infinity;
  }

  /** One that is to come anyway is enough. */
  #after(milliseconds: number): void {
    if (this.#timer !== undefined) return;
    this.#dueAt = performance.now() + milliseconds;
    this.#timer = setTimeout(this.#flush, milliseconds);
  }
}
