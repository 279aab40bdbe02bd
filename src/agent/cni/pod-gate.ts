/** Lets pods start: ADD of the CNI plugin waits here until its pod is evaluated, and what was found stands in the kernel at its interface. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Compiler } from '../../compiler/compiler.ts';
import { PosternError } from '../../model/error.ts';
import { objectKey } from '../../model/objects.ts';
import type { Sandbox } from '../../model/sandbox.ts';
import { DIRECTIONS } from '../../model/verdict.ts';
import type { BoundPod, Interfaces } from '../interfaces.ts';
import type { Reconciler } from '../reconciler.ts';
import type { AnnouncedSandboxes } from './announced-sandboxes.ts';
import { DONE, printError, printResult, type PluginAnswer } from './plugin-answer.ts';
import { parsePluginRequest, type PluginRequest, type RequestedPod } from './plugin-request.ts';

export interface PodGateOptions {
  readonly compiler: Compiler;
  readonly reconciler: Pick<Reconciler, 'enforcing' | 'failure' | 'flushes' | 'roleOf'>;
  readonly interfaces: Pick<Interfaces, 'bound' | 'unenforced'>;
  readonly announced: Pick<AnnouncedSandboxes, 'announce' | 'withdraw'>;
  /** The API server is away. */
  readonly isApiAway: () => boolean;
  readonly log: Pick<Logger, 'debug' | 'warn'>;
  /** Milliseconds; for tests. */
  readonly patience?: number;
}

/** How it has fared since the start. */
export interface GateStatus {
  readonly passed: number;
  readonly refused: number;
  /** Of the last hundred that passed; null: of none. */
  readonly medianMs: number | null;
  readonly longestMs: number | null;
}

/** Milliseconds. The plugin waits for 30 s; and where nothing is enforced, nothing is waited for in vain. */
const PATIENCE = 20_000;
const OPEN_PATIENCE = 1000;
const STATUS_PATIENCE = 8000;
const LOOK = 5;
/** Of so many the times are known. */
const RECENT = 100;

/** Failures after which what is planned is in the kernel all the same, but for interfaces that `roleOf` names. */
const HARMLESS: ReadonlySet<string> = new Set(['E_ATTACH', 'E_INCOMPLETE']);

/** What was so before an ADD, and proves nothing about its sandbox. */
interface Before {
  readonly flushes: number;
  /** An earlier sandbox's interface. */
  readonly bound: BoundPod | undefined;
}

type View =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly error: PosternError }
  /** `open`: nothing is enforced as far as is known, so it is let through in the end. */
  | { readonly kind: 'waits'; readonly error: PosternError; readonly open: boolean };

export class PodGate {
  readonly #options: PodGateOptions;
  #passed = 0;
  #refused = 0;
  /** Milliseconds. */
  #recent: readonly number[] = [];

  constructor(options: PodGateOptions) {
    this.#options = options;
  }

  get status(): GateStatus {
    const sorted = this.#recent.toSorted((a, b) => a - b);
    const rounded = (value: number | undefined): number | null => (value === undefined ? null : Math.round(value));
    return {
      passed: this.#passed,
      refused: this.#refused,
      medianMs: rounded(sorted[Math.floor(sorted.length / 2)]),
      longestMs: rounded(sorted.at(-1)),
    };
  }

  /** Of the plugin, as it sends it. Never throws. */
  async answer(body: Buffer): Promise<PluginAnswer> {
    let request: PluginRequest | undefined;
    try {
      request = parsePluginRequest(body);
      return await this.#serve(request);
    } catch (error) {
      const told = error instanceof PosternError ? error : new PosternError('E_AGENT', String(error), { cause: error });
      if (request?.command === 'ADD') this.#refuse(request, told);
      return printError(told, request?.cniVersion ?? '1.0.0', request?.command);
    }
  }

  async #serve(request: PluginRequest): Promise<PluginAnswer> {
    const { command, containerId, pod } = request;
    switch (command) {
      case 'ADD':
        return this.#add(request);
      case 'CHECK':
        // An agent that has not read the cluster knows nothing against it, and what an earlier one enforced is in force.
        if (pod !== undefined && this.#options.reconciler.enforcing) await this.#wait(pod, 0, { flushes: 0, bound: undefined });
        return DONE;
      case 'DEL':
        this.#options.announced.withdraw(containerId, (sandbox) => this.#isBound(sandbox));
        return DONE;
      case 'STATUS':
        await this.#untilEnforcing();
        return DONE;
    }
  }

  async #add({ containerId, pod, prevResult, addresses, cniVersion }: PluginRequest): Promise<PluginAnswer> {
    if (prevResult === undefined || (pod !== undefined && addresses.length === 0))
      throw new PosternError('E_CNI_ADDRESSES', 'no plugin before has given the pod an address', {
        mend: 'postern-cni is the last of the plugins of a list; postern cni install puts it there',
      });
    if (pod === undefined) return printResult(prevResult, cniVersion);
    const begun = performance.now();
    const { reconciler, interfaces } = this.#options;
    const before = { flushes: reconciler.flushes, bound: interfaces.bound.get(objectKey(pod)) };
    this.#options.announced.announce(containerId, { ...pod, createdAt: Date.now(), addresses });
    await this.#wait(pod, this.#options.patience ?? PATIENCE, before);
    const milliseconds = performance.now() - begun;
    this.#passed += 1;
    this.#recent = [...this.#recent.slice(1 - RECENT), milliseconds];
    this.#options.log.debug({ pod: objectKey(pod), milliseconds: Math.round(milliseconds) }, 'pod may start');
    return printResult(prevResult, cniVersion);
  }

  #refuse({ pod }: PluginRequest, error: PosternError): void {
    this.#refused += 1;
    this.#options.log.warn(
      { code: error.code, problem: error.message, ...(pod === undefined ? {} : { pod: objectKey(pod) }) },
      'pod may not start yet',
    );
  }

  async #wait(pod: RequestedPod, patience: number, before: Before): Promise<void> {
    const begun = performance.now();
    for (;;) {
      const view = this.#look(pod, before);
      if (view.kind === 'ready') return;
      if (view.kind === 'refused') throw view.error;
      const waited = performance.now() - begun;
      if (view.open && waited >= Math.min(patience, OPEN_PATIENCE)) return;
      if (waited >= patience) throw view.error;
      await sleep(LOOK);
    }
  }

  #look(pod: RequestedPod, before: Before): View {
    const { compiler, reconciler, interfaces } = this.#options;
    const key = objectKey(pod);
    if (!reconciler.enforcing) return { kind: 'waits', error: notSynced(), open: false };
    const open = !compiler.enforcement.own.on || compiler.policies.size === 0;
    const known = compiler.cluster.podOf(pod);
    if (known === undefined) return { kind: 'waits', error: this.#notTold(key), open };
    const { failure } = reconciler;
    if (reconciler.flushes <= before.flushes) return { kind: 'waits', error: failure ?? notBound(key), open };
    const found = interfaces.bound.get(key);
    const bound = found === before.bound ? undefined : found;
    const inForce = (failure === undefined || HARMLESS.has(failure.code)) && !compiler.isWaiting(pod.namespace);
    if (bound !== undefined && bound.uid === known.uid && inForce && reconciler.roleOf(bound.binding.ifindex) === 'guarded')
      return { kind: 'ready' };
    const reason = interfaces.unenforced.get(key);
    if (reason !== undefined && bound === undefined) return this.#isIsolated(key) && !open ? unenforceable(key, reason) : { kind: 'ready' };
    return { kind: 'waits', error: failure ?? notBound(key), open };
  }

  #isIsolated(key: string): boolean {
    const subject = this.#options.compiler.subject(key);
    return DIRECTIONS.some((direction) => (subject?.policies[direction].length ?? 0) > 0);
  }

  #isBound(sandbox: Sandbox): boolean {
    return this.#options.interfaces.bound.has(objectKey(sandbox));
  }

  async #untilEnforcing(): Promise<void> {
    const deadline = performance.now() + (this.#options.patience ?? STATUS_PATIENCE);
    while (!this.#options.reconciler.enforcing) {
      if (performance.now() > deadline) throw notSynced();
      await sleep(LOOK * LOOK);
    }
  }

  #notTold(key: string): PosternError {
    const why = this.#options.isApiAway() ? 'which is away' : 'which has not told of it in time';
    return new PosternError(
      'E_CNI_POD_UNKNOWN',
      `nothing is known of pod ${key} from the API server, ${why}: which policies select it cannot be said`,
      {
        mend: 'it is tried again; postern status on this node says how the API server fares',
      },
    );
  }
}

function notSynced(): PosternError {
  return new PosternError('E_NOT_SYNCED', "the node's agent has not read the whole cluster yet", {
    mend: 'it is tried again; where it lasts, see postern status on this node',
  });
}

function notBound(key: string): PosternError {
  return new PosternError('E_CNI_POD_WAITS', `what policies say of pod ${key} is not in force at its interface yet`, {
    mend: 'it is tried again; where it lasts, see postern status on this node',
  });
}

function unenforceable(key: string, reason: string): View {
  const error = new PosternError('E_CNI_NOT_ENFORCEABLE', `policies select pod ${key}, and cannot be enforced: ${reason}`, {
    mend: 'a plugin that gives it an interface with a host side, or no policy that selects it',
  });
  return { kind: 'refused', error };
}
