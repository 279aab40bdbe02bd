/** Notices that the API server is away, and that it is back: one line of the log for each, and a number for the metrics. */

import type { Logger } from 'pino';
import type { ObservedSource } from '../model/source.ts';

/** Shorter than this is a connection that is made anew. */
const GRACE_MS = 2000;
const LOOK_MS = 1000;
/** Nobody answers, or nobody who knows us. What it refuses for a reason of ours is no loss. */
const AWAY: ReadonlySet<string | null> = new Set(['E_KUBE_CONNECTION', 'E_KUBE_SERVER', 'E_KUBE_UNAUTHORIZED']);

export class ApiLoss {
  readonly #source: Pick<ObservedSource, 'details'>;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  #lostAt: number | undefined;
  #losses = 0;

  constructor(source: Pick<ObservedSource, 'details'>, log: Logger) {
    this.#source = source;
    this.#log = log;
    this.#timer = setInterval(() => this.look(), LOOK_MS);
  }

  /** Milliseconds since it was last heard; undefined while it is here. */
  get lostMs(): number | undefined {
    return this.#lostAt === undefined ? undefined : performance.now() - this.#lostAt;
  }

  /** Since the start. */
  get losses(): number {
    return this.#losses;
  }

  look(): void {
    const parts = Object.entries(this.#source.details ?? {});
    const away = parts.filter(([, { failure, failingMs }]) => AWAY.has(failure) && failingMs !== null);
    const longest = Math.max(0, ...away.map(([, { failingMs }]) => failingMs ?? 0));
    const resources = away.map(([name]) => name);
    if (this.#lostAt === undefined && longest >= GRACE_MS) {
      this.#lostAt = performance.now() - longest;
      this.#losses += 1;
      this.#log.warn({ code: away[0]?.[1].failure, resources }, 'the API server is away; what was enforced stays in force');
    } else if (this.#lostAt !== undefined && away.length === 0) {
      const seconds = Math.round((this.lostMs ?? 0) / 1000);
      this.#lostAt = undefined;
      this.#log.info({ seconds }, `the API server is back after ${seconds} s`);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
