/** How many rows the flow table has: counted now and then, since the kernel evicts them by itself and nobody else knows. */

import type { Datapath } from '../datapath/port.ts';

const FIRST_MS = 2000;
const INTERVAL_MS = 60_000;
/** Counting takes no more of the time than one part in so many. */
const SHARE = 500;

export class FlowCount {
  readonly #datapath: Pick<Datapath, 'countFlows'>;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #rows: number | undefined;

  constructor(datapath: Pick<Datapath, 'countFlows'>) {
    this.#datapath = datapath;
    this.#later(FIRST_MS);
  }

  /** At most a minute old, where the table is not very large; undefined before the first count. */
  get rows(): number | undefined {
    return this.#rows;
  }

  /** Resolves when the table is not read any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #later(milliseconds: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#count();
    }, milliseconds);
  }

  async #count(): Promise<void> {
    const begunAt = performance.now();
    try {
      this.#rows = await this.#datapath.countFlows();
    } catch {
      // A table that cannot be read now says nothing; the drift check complains where it is gone.
      this.#rows = undefined;
    }
    this.#later(Math.max(INTERVAL_MS, SHARE * (performance.now() - begunAt)));
  }
}
