/** Interfaces that wait for this agent's programs: attached in pieces, since the kernel takes tens of milliseconds for each that has had none. */

/** After so long another interface is not begun: others want to run. */
const PIECE_MS = 20;
/** How old the beginning of a take-over window may be when programs come: its first second counts most. */
const STALE_MS = 300;

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
  #datedAt = -Infinity;

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

  /** All that wait, where what was written for them may have grown old; each time it is asked it begins to grow old anew. */
  outdated(): ReadonlySet<number> {
    const now = performance.now();
    if (now - this.#datedAt < STALE_MS) return new Set();
    this.#datedAt = now;
    return new Set(this.#waiting);
  }
}
