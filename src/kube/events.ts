/** Tells notices as Kubernetes Events: each once, and again after an hour while it holds; few in all, and none that would hold anything else up. */

import { setTimeout as sleep } from 'node:timers/promises';
import { PosternError } from '../model/error.ts';
import type { Notice, NoticeBoard } from '../model/notice.ts';
import { messageOf } from './api-object.ts';
import type { ApiServer } from './api-server.ts';
import { Backoff } from './backoff.ts';
import { makeEvent, type Telling } from './event-object.ts';
import { readWhole } from './read-body.ts';
import { TokenBucket, type BucketOptions } from './token-bucket.ts';

export interface EventOptions {
  readonly bucket: BucketOptions;
  /** Until what still holds is told again. The API server keeps Events for an hour. */
  readonly repeatMs: number;
  /** What many nodes could tell waits for up to so long by chance: most find then that it has been told. */
  readonly spreadMs: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

export const EVENT_DEFAULTS: EventOptions = {
  bucket: { size: 20, refillMs: 6000 },
  repeatMs: 3_600_000,
  spreadMs: 5000,
  firstWaitMs: 1000,
  longestWaitMs: 60_000,
};

interface Entry {
  notice: Notice;
  count: number;
  /** Milliseconds since the epoch. */
  firstAt: number;
  /** Of `performance.now()`. */
  dueAt: number;
}

/** `told`: by us or by another. `refused`: to ask again at once is of no use. */
type Outcome = { readonly kind: 'told' } | { readonly kind: 'refused' | 'unheard'; readonly error: PosternError };

/** So that a repetition falls into the next hour, by which it is named, though one clock be slower than the other. */
const SLACK = 1.02;
const LATER = 'it is tried again; enforcement does not depend on it';
const CREATED = 201;
/** There is one of that name. */
const CONFLICT = 409;
const TOO_MANY = 429;
const LONGEST_ANSWER = 1 << 20;
const IDLE_MS = 30_000;

export class KubeEvents implements NoticeBoard {
  readonly #server: ApiServer;
  readonly #node: string;
  readonly #options: EventOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #bucket: TokenBucket;
  readonly #backoff: Backoff;
  #nap = new AbortController();
  /** Nothing could be told since this was said. */
  #complained = false;

  constructor(server: ApiServer, node: string, options: EventOptions = EVENT_DEFAULTS) {
    this.#server = server;
    this.#node = node;
    this.#options = options;
    this.#bucket = new TokenBucket(options.bucket, performance.now());
    this.#backoff = new Backoff({ firstMs: options.firstWaitMs, mostMs: options.longestWaitMs });
  }

  show(notices: ReadonlyMap<string, Notice>): void {
    for (const key of this.#entries.keys()) if (!notices.has(key)) this.#entries.delete(key);
    for (const [key, notice] of notices) {
      const entry = this.#entries.get(key);
      if (entry !== undefined && isSame(entry.notice, notice)) continue;
      const wait = notice.shared ? Math.random() * this.#options.spreadMs : 0;
      this.#entries.set(key, { notice, count: 0, firstAt: 0, dueAt: performance.now() + wait });
      this.#nap.abort();
    }
  }

  async run(problem: (error: PosternError) => void, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const next = this.#next();
      const wait = next === undefined ? Infinity : next.dueAt - performance.now();
      const restMs = next === undefined || wait > 0 ? wait : this.#bucket.take(performance.now());
      if (next === undefined || restMs > 0) await this.#rest(restMs, signal);
      else await this.#tell(next, problem, signal);
    }
  }

  /** The one that comes first of those that are due, else the one that is due first. */
  #next(): Entry | undefined {
    const now = performance.now();
    let next: Entry | undefined;
    for (const entry of this.#entries.values()) if (next === undefined || comesBefore(entry, next, now)) next = entry;
    return next;
  }

  /** Until something new is shown, at most for so long. */
  async #rest(milliseconds: number, signal: AbortSignal): Promise<void> {
    this.#nap = new AbortController();
    const rest = Math.min(milliseconds, this.#options.repeatMs);
    await sleep(rest, undefined, { signal: AbortSignal.any([signal, this.#nap.signal]) }).catch(() => undefined);
  }

  async #tell(entry: Entry, problem: (error: PosternError) => void, signal: AbortSignal): Promise<void> {
    const { repeatMs } = this.#options;
    const lastAt = Date.now();
    const told = { count: entry.count + 1, firstAt: entry.count === 0 ? lastAt : entry.firstAt };
    const outcome = await this.#create(entry.notice, { ...told, lastAt }, signal);
    if (signal.aborted) return;
    switch (outcome.kind) {
      case 'told':
        Object.assign(entry, told, { dueAt: performance.now() + repeatMs * SLACK });
        this.#complained = false;
        this.#backoff.reset();
        return;
      case 'refused':
        entry.dueAt = performance.now() + repeatMs;
        this.#complain(outcome.error, problem);
        return;
      case 'unheard':
        this.#complain(outcome.error, problem);
        await this.#backoff.wait(signal);
        return;
    }
  }

  async #create(notice: Notice, telling: Pick<Telling, 'count' | 'firstAt' | 'lastAt'>, signal: AbortSignal): Promise<Outcome> {
    const { path, body } = makeEvent(notice, { ...telling, node: this.#node, repeatMs: this.#options.repeatMs });
    try {
      const response = await this.#server.post(path, body, signal);
      const text = await readWhole(response, LONGEST_ANSWER, IDLE_MS);
      const status = response.statusCode ?? 0;
      if (status === CREATED || status === CONFLICT) return { kind: 'told' };
      const said = `the API server answers ${messageOf(text)} (${status})`;
      if (status < 400 || status >= 500 || status === TOO_MANY) return { kind: 'unheard', error: failure(said, LATER) };
      return { kind: 'refused', error: failure(said, 'grant create on events in a ClusterRole; enforcement does not depend on it') };
    } catch (cause) {
      return { kind: 'unheard', error: failure(cause instanceof Error ? cause.message : String(cause), LATER, cause) };
    }
  }

  #complain(error: PosternError, problem: (error: PosternError) => void): void {
    if (!this.#complained) problem(error);
    this.#complained = true;
  }
}

/** What is new comes before repetitions, and one policy before many pods. */
function comesBefore(a: Entry, b: Entry, now: number): boolean {
  if (a.dueAt > now || b.dueAt > now) return a.dueAt < b.dueAt;
  if ((a.count === 0) !== (b.count === 0)) return a.count === 0;
  if (a.notice.shared !== b.notice.shared) return a.notice.shared;
  return a.dueAt < b.dueAt;
}

function isSame(a: Notice, b: Notice): boolean {
  return a === b || (a.about.uid === b.about.uid && a.reason === b.reason && a.message === b.message);
}

function failure(message: string, mend: string, cause?: unknown): PosternError {
  return new PosternError('E_EVENTS', `an Event cannot be created: ${message}`, { mend, cause });
}
