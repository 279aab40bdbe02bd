/** Interfaces that wait for this agent's programs: attached in pieces, since the kernel takes tens of milliseconds for each that has had none. */

/** After so long another interface is not begun: others want to run. */
const PIECE_MS = 20;
/** Nanoseconds: how old the beginning of a take-over window may be when programs come. Its first second counts most. */
const STALE = 300_000_000n;

export interface AttachedPiece {
  /** Some have not been tried yet. */
  readonly more: boolean;
  /** The first thing that was thrown since all were tried; whose it was, waits on. */
  readonly failure: unknown;
}

export class AttachQueue {
  readonly #waiting = new Set<number>();
  /** Failed in this round: the others come first. */
  readonly #failed = new Set<number>();
  #failure: unknown;
  #datedAt = 0n;

  add(ifindex: number): void {
    this.#waiting.add(ifindex);
  }

  delete(ifindex: number): void {
    this.#waiting.delete(ifindex);
    this.#failed.delete(ifindex);
  }

  has(ifindex: number): boolean {
    return this.#waiting.has(ifindex);
  }

  /** Attaches those that need not wait, for a few milliseconds. */
  work(attach: (ifindex: number) => void, mustWait: (ifindex: number) => boolean): AttachedPiece {
    const deadline = performance.now() + PIECE_MS;
    for (const ifindex of this.#waiting) {
      if (mustWait(ifindex) || this.#failed.has(ifindex)) continue;
      if (performance.now() >= deadline) return { more: true, failure: this.#failure };
      try {
        attach(ifindex);
        this.delete(ifindex);
      } catch (error) {
        this.#failure ??= error;
        this.#failed.add(ifindex);
      }
    }
    const failure = this.#failure;
    this.#failure = undefined;
    this.#failed.clear();
    return { more: false, failure };
  }

  /** All that wait, where what was written for them may have grown old by `now` (CLOCK_MONOTONIC nanoseconds); from then on it begins to grow old anew. */
  outdated(now: bigint): ReadonlySet<number> {
    if (now - this.#datedAt < STALE) return new Set();
    this.#datedAt = now;
    return new Set(this.#waiting);
  }
}
