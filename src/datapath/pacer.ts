/** Keeps long work from holding the event loop: it lets others run every other millisecond. */

import { setImmediate as letOthersRun } from 'node:timers/promises';

/** How long one piece of work may be. */
const PIECE_MS = 2;

export class Pacer {
  readonly #startedAt = performance.now();
  #pieceSince = this.#startedAt;
  #longest = 0;

  /** A piece has lasted long enough: `await pacer.rest()`. */
  get due(): boolean {
    return performance.now() - this.#pieceSince >= PIECE_MS;
  }

  async rest(): Promise<void> {
    this.#longest = Math.max(this.#longest, performance.now() - this.#pieceSince);
    await letOthersRun();
    this.#pieceSince = performance.now();
  }

  /** Milliseconds of the whole so far, and of its longest piece. */
  get times(): { readonly durationMs: number; readonly longestPieceMs: number } {
    const now = performance.now();
    return { durationMs: now - this.#startedAt, longestPieceMs: Math.max(this.#longest, now - this.#pieceSince) };
  }
}
