/** Keeps one resource up to date: list, watch, and again, whatever breaks. */

import { formatError, PosternError } from '../model/error.ts';
import type { ClusterObject } from '../model/objects.ts';
import type { ClusterEvent, SourcePart } from '../model/source.ts';
import { ExpiredError } from './api-error.ts';
import type { ApiServer } from './api-server.ts';
import { Backoff } from './backoff.ts';
import { KnownObjects } from './known-objects.ts';
import { listObjects } from './list-objects.ts';
import type { Resource } from './resources.ts';
import { watchObjects } from './watch-objects.ts';

export interface ReflectorOptions {
  readonly pageSize: number;
  /** Silence after which a connection is taken for dead. */
  readonly idleMs: number;
  /** How long a watch is asked to last: between this and twice this, by chance. */
  readonly watchSeconds: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Before the first list: a node that starts waits for it, and so do its pods. */
  readonly longestFirstWaitMs: number;
}

export const REFLECTOR_DEFAULTS: ReflectorOptions = {
  pageSize: 500,
  idleMs: 150_000,
  watchSeconds: 300,
  firstWaitMs: 100,
  longestWaitMs: 15_000,
  longestFirstWaitMs: 3000,
};

export interface ReflectorSink {
  events(events: readonly ClusterEvent[]): void;
  /** After the first whole list. */
  listed(): void;
  problem(error: PosternError): void;
}

/** A watch that ends sooner than this without a word says that its version is of no use, whatever the server calls it. */
const INSTANT_MS = 1000;
const INSTANT_ENDS_TO_RELIST = 3;

export class Reflector {
  readonly resource: Resource;
  readonly #server: ApiServer;
  readonly #sink: ReflectorSink;
  readonly #options: ReflectorOptions;
  readonly #known: KnownObjects;
  readonly #backoff: Backoff;
  #state: SourcePart['state'] = 'listing';
  #listed = false;
  #version: string | undefined;
  #instantEnds = 0;
  #failure: PosternError | undefined;
  #heardAt: number | undefined;
  #failingSince: number | undefined;
  #lists = 0;
  #watches = 0;

  constructor(
    server: ApiServer,
    resource: Resource,
    slim: (object: ClusterObject) => ClusterObject,
    sink: ReflectorSink,
    options: ReflectorOptions = REFLECTOR_DEFAULTS,
  ) {
    this.resource = resource;
    this.#server = server;
    this.#sink = sink;
    this.#options = options;
    this.#known = new KnownObjects(resource, slim);
    this.#backoff = new Backoff({ firstMs: options.firstWaitMs, mostMs: options.longestWaitMs });
  }

  /** Why nothing is heard from the server now, and objects that cannot be decoded. */
  get problems(): readonly PosternError[] {
    return [...(this.#failure === undefined ? [] : [this.#failure]), ...this.#known.problems];
  }

  get connected(): boolean {
    return this.#failure === undefined && this.#listed;
  }

  get status(): SourcePart {
    return {
      state: this.#state,
      objects: this.#known.size,
      version: this.#version ?? null,
      lists: this.#lists,
      watches: this.#watches,
      silentMs: millisecondsSince(this.#heardAt),
      failure: this.#failure?.code ?? null,
      failingMs: millisecondsSince(this.#failingSince),
    };
  }

  /** Until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#version ??= await this.#list(signal);
        const rest = await this.#watch(this.#version, signal);
        if (rest === 'later') await this.#wait(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ExpiredError) this.#version = undefined;
        else this.#fail(error);
        await this.#wait(signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    this.#state = 'listing';
    this.#lists += 1;
    const seen = new Set<string>();
    let version = '';
    for await (const page of listObjects(this.#server, this.resource, this.#options, signal)) {
      this.#heard();
      version = page.version;
      this.#tell((known) => known.list(page.items, seen));
    }
    this.#tell((known) => known.forgetUnseen(seen));
    if (!this.#listed) {
      this.#listed = true;
      this.#sink.listed();
    }
    return version;
  }

  /** `later`: it ended so soon that the next one must wait. */
  async #watch(version: string, signal: AbortSignal): Promise<'at once' | 'later'> {
    const { watchSeconds, idleMs } = this.#options;
    const begun = performance.now();
    const seconds = Math.ceil(watchSeconds * (1 + Math.random()));
    this.#state = 'connecting';
    this.#watches += 1;
    let lasting: NodeJS.Timeout | undefined;
    try {
      for await (const events of watchObjects(this.#server, this.resource, version, { seconds, idleMs }, signal)) {
        this.#heardAt = performance.now();
        this.#state = 'watching';
        // Headers alone prove nothing: some break every watch as soon as they have sent them.
        lasting ??= setTimeout(() => this.#heard(), INSTANT_MS);
        if (events.length === 0) continue;
        this.#heard();
        this.#instantEnds = 0;
        this.#backoff.reset();
        this.#tell((known) => known.watch(events));
        this.#version = events.at(-1)?.version ?? this.#version;
      }
    } finally {
      clearTimeout(lasting);
    }
    if (performance.now() - begun > INSTANT_MS) {
      this.#instantEnds = 0;
      this.#heard();
      return 'at once';
    }
    this.#instantEnds += 1;
    if (this.#instantEnds >= INSTANT_ENDS_TO_RELIST) {
      this.#instantEnds = 0;
      this.#version = undefined;
    }
    return 'later';
  }

  #tell(change: (known: KnownObjects) => ClusterEvent[]): void {
    const before = new Set(this.#known.problems);
    const events = change(this.#known);
    if (events.length > 0) this.#sink.events(events);
    for (const problem of this.#known.problems) if (!before.has(problem)) this.#sink.problem(problem);
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#failure = undefined;
    this.#failingSince = undefined;
  }

  /** Told once, until something is heard again or something else is wrong. */
  #fail(cause: unknown): void {
    const failure =
      cause instanceof PosternError
        ? cause
        : new PosternError('E_KUBE_CONNECTION', `${this.resource.name}: the connection to the API server broke: ${String(cause)}`, {
            mend: 'it is made again; what was enforced stays in force',
            cause,
          });
    const known = this.#failure !== undefined && formatError(this.#failure) === formatError(failure);
    this.#failure = failure;
    this.#failingSince ??= performance.now();
    if (!known) this.#sink.problem(failure);
  }

  async #wait(signal: AbortSignal): Promise<void> {
    this.#state = 'waiting';
    await this.#backoff.wait(signal, this.#listed ? this.#options.longestWaitMs : this.#options.longestFirstWaitMs);
  }
}

function millisecondsSince(moment: number | undefined): number | null {
  return moment === undefined ? null : Math.round(performance.now() - moment);
}
