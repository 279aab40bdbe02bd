/** Keeps up with the pods' sandboxes of this node: asks the container runtime when something may have changed, never more often than it can bear. */

import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import { formatError, PosternError } from '../../model/error.ts';
import type { Sandbox } from '../../model/sandbox.ts';
import { CriClient } from './cri-client.ts';
import { SandboxPictures } from './sandbox-pictures.ts';

export interface SandboxWatchOptions {
  /** Paths of sockets; the first one that exists is used. */
  readonly sockets: readonly string[];
  /** A pod of this node has no addresses yet: its sandbox is about to come. */
  readonly expecting: () => boolean;
  /** All there are, whenever something is different; `undefined`: nobody has known for long. */
  readonly onSandboxes: (sandboxes: readonly Sandbox[] | undefined) => void;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

export interface CriStatus {
  /** `null`: there is none. */
  readonly socket: string | null;
  /** Name and version; `null` while it has not answered. */
  readonly runtime: string | null;
  readonly healthy: boolean;
  /** Those with addresses. */
  readonly sandboxes: number;
  /** Whether the runtime tells of events, beside being asked. */
  readonly events: boolean;
  readonly problem: string | null;
}

/** Milliseconds. Between two questions at least; after a failure, or where there is no socket; with nothing going on. */
const SHORTEST = 25;
const RETRY = 2000;
const IDLE = 10_000;
/** For so long after something happened it is asked again, in pauses that grow with the time that has passed; as long as a pod waits, at least every second. */
const AFTERMATH = 3000;
const PAUSE_GROWTH = 0.25;
const LONGEST_PAUSE = 1000;
/** After so long without an answer what was told last says nothing any more. */
const OUTDATED = 60_000;

export class SandboxWatch {
  readonly #options: SandboxWatchOptions;
  #client: CriClient | undefined;
  #pictures = new SandboxPictures();
  #stopped = false;
  #status: CriStatus = { socket: null, runtime: null, healthy: false, sandboxes: 0, events: false, problem: null };
  /** What was told last, to tell only differences. */
  #told = '';
  #heardAt = performance.now();
  #triggeredAt = -Infinity;
  #askedAt = -Infinity;
  /** Ends the pause between two questions. */
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #again = false;

  constructor(options: SandboxWatchOptions) {
    this.#options = options;
    void this.#run();
  }

  get status(): CriStatus {
    return this.#status;
  }

  /** An interface came or went, or a pod was told: a sandbox may have come or gone. */
  look(): void {
    this.#triggeredAt = performance.now();
    this.#again = true;
    if (this.#wake === undefined || !this.#status.healthy) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#wake, Math.max(0, this.#askedAt + SHORTEST - performance.now()));
  }

  close(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#wake?.();
    this.#client?.close();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#again = false;
      this.#askedAt = performance.now();
      await this.#ask();
      if (!this.#stopped) await this.#pause();
    }
  }

  async #ask(): Promise<void> {
    try {
      const client = this.#client ?? (await this.#connect());
      if (client === undefined) return;
      const sandboxes = await this.#pictures.take(client);
      if (this.#stopped) return;
      this.#heardAt = performance.now();
      this.#become({ healthy: true, problem: null, sandboxes: sandboxes.filter(({ addresses }) => addresses.length > 0).length });
      this.#tell(sandboxes);
    } catch (error) {
      if (!this.#stopped) this.#fail(error);
    }
  }

  /** `undefined`: there is no socket. Throws `E_CRI`, also where there was one until now. */
  async #connect(): Promise<CriClient | undefined> {
    const socket = this.#options.sockets.find((path) => existsSync(path));
    if (socket === undefined) {
      if (this.#status.healthy) throw new PosternError('E_CRI', `${this.#status.socket} is gone`);
      this.#become({ socket: null, runtime: null, problem: null });
      this.#forgetOutdated();
      return undefined;
    }
    const client = new CriClient(socket);
    this.#client = client;
    const { name, version } = await client.version();
    this.#become({ socket, runtime: `${name} ${version}` });
    if (sharesEvents(name, version)) this.#listen(client);
    return client;
  }

  #listen(client: CriClient): void {
    this.#become({ events: true });
    const begin = performance.now();
    client.watchEvents(
      () => this.look(),
      () => {
        if (this.#client !== client || this.#stopped) return;
        this.#become({ events: false });
        // Some runtimes have none to tell. Else it is ending or starting anew: whether it answers shows on a new connection.
        if (performance.now() - begin < RETRY) return;
        client.close();
        this.#client = undefined;
        this.look();
      },
    );
  }

  #fail(error: unknown): void {
    this.#client?.close();
    this.#client = undefined;
    const problem = error instanceof PosternError ? formatError(error) : String(error);
    if (this.#status.problem === null)
      this.#options.log.warn({ code: 'E_CRI', problem }, 'the container runtime does not answer; pods are known by the API server alone');
    this.#become({ healthy: false, events: false, problem });
    this.#forgetOutdated();
  }

  #forgetOutdated(): void {
    if (performance.now() - this.#heardAt > OUTDATED) this.#tell(undefined);
  }

  #tell(sandboxes: readonly Sandbox[] | undefined): void {
    const word =
      sandboxes === undefined ? '' : JSON.stringify(sandboxes.map((sandbox) => ({ ...sandbox, addresses: sandbox.addresses.map(String) })));
    if (word === this.#told) return;
    this.#told = word;
    this.#options.onSandboxes(sandboxes);
  }

  #become(change: Partial<CriStatus>): void {
    const { healthy } = this.#status;
    this.#status = { ...this.#status, ...change };
    if (!healthy && this.#status.healthy) {
      const { socket, runtime, sandboxes, events } = this.#status;
      this.#options.log.info({ socket, runtime, sandboxes, events }, 'container runtime answers');
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
      this.#timer = setTimeout(this.#wake, this.#pauseMs());
    });
  }

  #pauseMs(): number {
    if (!this.#status.healthy) return RETRY;
    if (this.#again) return SHORTEST;
    const passed = performance.now() - this.#triggeredAt;
    if (passed < AFTERMATH || this.#options.expecting()) return Math.min(LONGEST_PAUSE, Math.max(SHORTEST, passed * PAUSE_GROWTH));
    return IDLE;
  }
}

/** containerd before 2.0 gives each event to one listener alone, and kubelets may be such. */
function sharesEvents(name: string, version: string): boolean {
  return name !== 'containerd' || Number(/^v?(\d+)\./.exec(version)?.[1] ?? 0) >= 2;
}
