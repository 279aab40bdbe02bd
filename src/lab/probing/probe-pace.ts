/** How many probes may be under way: few that may be answered any moment, many that only wait for their time to run out. */

/** Two cores answer so many at once well within the time-out. */
const YOUNG = 200;
/** Each holds a socket open in its pod. */
const MOST = 2000;
/** A probe that has waited for so many times as long as answers take is most likely dropped, and waits without work for anybody. */
const PATIENCE = 4;
const FIRST_GUESS_MS = 20;
const FASTEST_MS = 10;
/** Of the slowest answer: how much of it still counts after the next one. */
const MEMORY = 0.99;

export class ProbePace {
  #young = 0;
  #all = 0;
  #slowestMs = FIRST_GUESS_MS;
  readonly #queue: (() => void)[] = [];

  /** Run `work` when there is room for it. Its result tells whether it was answered. */
  async run<T extends { readonly outcome: string }>(work: () => Promise<T>): Promise<T> {
    if (this.#hasRoom()) this.#take();
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    let young = true;
    const grow = (): void => {
      if (young) this.#young -= 1;
      young = false;
      this.#admit();
    };
    const started = performance.now();
    const timer = setTimeout(grow, PATIENCE * this.#slowestMs);
    try {
      const result = await work();
      if (result.outcome === 'open' || result.outcome === 'refused') {
        this.#slowestMs = Math.max(performance.now() - started, MEMORY * this.#slowestMs, FASTEST_MS);
      }
      return result;
    } finally {
      clearTimeout(timer);
      this.#all -= 1;
      grow();
    }
  }

  #hasRoom(): boolean {
    return this.#young < YOUNG && this.#all < MOST;
  }

  #take(): void {
    this.#young += 1;
    this.#all += 1;
  }

  #admit(): void {
    while (this.#hasRoom()) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      this.#take();
      next();
    }
  }
}
