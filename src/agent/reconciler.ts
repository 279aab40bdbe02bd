/** Brings the datapath to what the cluster says: events in, plans applied, interfaces attached. The one place that writes to the datapath. */

import type { Logger } from 'pino';
import type { Now } from '../compiler/compiler-options.ts';
import type { Compiler } from '../compiler/compiler.ts';
import type { Datapath } from '../datapath/port.ts';
import { PosternError } from '../model/error.ts';
import type { Address } from '../model/ip.ts';
import type { NoticeBoard } from '../model/notice.ts';
import type { Operation } from '../model/plan.ts';
import type { Sandbox } from '../model/sandbox.ts';
import type { ClusterEvent } from '../model/source.ts';
import { AttachQueue } from './attach-queue.ts';
import { attachPrograms, bindInterfaces, type InterfaceParts } from './bind-interfaces.ts';
import { FlushTimer } from './flush-timer.ts';
import { NO_WATCH, type FlushWatch } from './flush-watch.ts';
import { InForce } from './in-force.ts';
import type { Interfaces } from './interfaces.ts';
import { makeRoomFirst } from './make-room-first.ts';
import { openFirst } from './open-first.ts';
import { PlanClock } from './plan-clock.ts';
import { Reports } from './reports.ts';

export interface ReconcilerOptions {
  readonly compiler: Compiler;
  readonly datapath: Datapath;
  readonly interfaces: Interfaces;
  /** Addresses that are bound on the node's interfaces. */
  readonly listNodeAddresses: () => readonly Address[];
  readonly log: Logger;
  readonly now: () => Now;
  /** The source tells all that there is. False while a part of it cannot be read. */
  readonly isComplete: () => boolean;
  readonly watch?: FlushWatch;
  /** For the people of objects that are not enforced as written. */
  readonly notices?: Pick<NoticeBoard, 'show'> | undefined;
}

/** How often removals that wait are looked at, and pods whose interface was not found. */
const SWEEP_INTERVAL_MS = 500;

export class Reconciler {
  readonly inForce: InForce;
  readonly #compiler: Compiler;
  readonly #datapath: Datapath;
  readonly #interfaces: Interfaces;
  readonly #listNodeAddresses: () => readonly Address[];
  #nodeAddressesChanged = true;
  readonly #log: Logger;
  readonly #clock: PlanClock;
  /** Operations of plans that were made but not applied, in order. */
  #owed: readonly Operation[] = [];
  /** When the last plan was made. */
  #plannedAt = -Infinity;
  readonly #toAttach = new AttachQueue();
  readonly #parts: InterfaceParts;
  /** In pieces, of which some are left. */
  #attaching = false;
  readonly #isComplete: () => boolean;
  /**
   * Interfaces that still run an earlier agent's programs; `undefined` before the first flush. They are only taken over from a complete picture: what
   * cannot be read is not gone.
   */
  #earlier: Set<number> | undefined;
  #synced = false;
  #flushedOnce = false;
  readonly #timer = new FlushTimer(() => this.flush());
  readonly #watch: FlushWatch;
  #sweeping: NodeJS.Timeout | undefined;
  #failure: PosternError | undefined;
  readonly #reports: Reports;
  #flushes = 0;
  #failures = 0;

  constructor(options: ReconcilerOptions) {
    this.#compiler = options.compiler;
    this.#datapath = options.datapath;
    this.#interfaces = options.interfaces;
    this.#listNodeAddresses = options.listNodeAddresses;
    this.#log = options.log;
    this.#parts = { ...options, toAttach: this.#toAttach };
    this.#reports = new Reports(options.compiler, options.log, options.notices);
    this.inForce = new InForce(options.compiler, options.log);
    this.#clock = new PlanClock(options.now);
    this.#isComplete = options.isComplete;
    this.#watch = options.watch ?? NO_WATCH;
  }

  /** Everything that is known is in force. */
  get settled(): boolean {
    return this.#flushedOnce && !this.#timer.waiting && this.failure === undefined && !this.#compiler.waiting;
  }

  get failure(): PosternError | undefined {
    if (this.#failure !== undefined || !this.#waits()) return this.#failure;
    return new PosternError('E_INCOMPLETE', "an earlier agent's programs are still in force, since the source cannot be read as a whole", {
      mend: 'mend what the source complains of; this agent then takes over by itself',
    });
  }

  get flushes(): number {
    return this.#flushes;
  }

  /** Flushes and sweeps that failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Everything that there was at the start has been in force. */
  get enforcing(): boolean {
    return this.#flushedOnce;
  }

  /** Milliseconds for which a flush has been due and has not begun: only an agent that is stuck comes to many. */
  get overdueMs(): number {
    return this.#timer.overdueMs;
  }

  /** Interfaces at which an earlier agent's programs are still in force. */
  get earlierInterfaces(): number {
    return this.#earlier?.size ?? 0;
  }

  events(events: readonly ClusterEvent[]): void {
    if (this.#synced) this.#watch.eventsCame(events);
    this.#compiler.apply(events);
    this.inForce.heard(events);
    this.flushSoon();
  }

  /** What the container runtime says of this node's pods; `undefined`: nothing (any more). */
  sandboxesChanged(sandboxes: readonly Sandbox[] | undefined): void {
    this.#compiler.setSandboxes(sandboxes);
    this.flushSoon();
  }

  /** The picture is complete: from here on it is enforced. */
  synced(): void {
    this.#compiler.cluster.startCounting();
    this.#synced = true;
    this.flushSoon();
  }

  /** Interfaces or network namespaces came or went. */
  interfacesChanged(): void {
    this.#interfaces.lookAgain();
    this.flushSoon();
  }

  nodeAddressesChanged(): void {
    this.#nodeAddressesChanged = true;
    this.flushSoon();
  }

  flushSoon(): void {
    if (this.#synced) this.#timer.soon();
  }

  /** One flush: interfaces, plan, apply, attach. Never throws: what failed is kept, reported and tried again. */
  flush(): void {
    if (!this.#synced) return;
    this.#timer.begun();
    const begunAt = performance.now();
    this.#flushes += 1;
    try {
      this.#refreshNodeAddresses();
      bindInterfaces(this.#parts, !this.#flushedOnce);
      this.#reports.unenforced(this.#interfaces.unenforced);
      const now = this.#clock.read();
      this.#compiler.endpoints.delayTakeOver(this.#toAttach.outdated(now.monotonic));
      this.#plannedAt = now.ms;
      const plan = this.#compiler.flush(now);
      if (plan.generation !== this.#datapath.generation) this.#datapath.storeGeneration(plan.generation);
      const [removals, toMiddle, flips] = plan.steps;
      this.#owed = openFirst([...makeRoomFirst(removals, this.#owed), ...toMiddle, ...flips]);
      this.#watch.planned();
      this.#reports.policies(this.inForce.planned());
      this.#reports.show();
      this.#settleDebts();
      this.#failure = undefined;
      this.#sweepLater();
    } catch (error) {
      this.#fail(error);
    }
    this.#watch.flushed(performance.now() - begunAt);
  }

  /** Flush at once what waits; false where not all that was told is in the kernel then. */
  settleNow(): boolean {
    if (this.#timer.waiting) this.flush();
    return this.#flushedOnce && this.#failure === undefined;
  }

  /** Whether this agent's programs should be on an interface. `left`: an earlier agent's are, or they are about to be attached. */
  roleOf(ifindex: number): 'guarded' | 'left' | 'none' {
    if (this.#toAttach.has(ifindex) || this.#earlier?.has(ifindex) === true) return 'left';
    return this.#interfaces.podAt(ifindex) === undefined ? 'none' : 'guarded';
  }

  stop(): void {
    this.#timer.stop();
    clearTimeout(this.#sweeping);
    this.#synced = false;
  }

  /** Apply what is owed, then attach. A failure leaves the rest owed. */
  #settleDebts(): void {
    const owed = this.#owed;
    // Without it Services are closed to isolated pods; nothing else waits for it.
    const notForwarding = this.#compiler.endpoints.judgesEgress ? this.#judgeForwarded(true) : undefined;
    if (owed.length > 0) this.#datapath.apply(owed);
    this.#owed = [];
    this.#watch.applied();
    this.#clock.resume();
    const earlier = (this.#earlier ??= new Set(this.#datapath.attached()));
    // Who enforces nothing leaves out nothing.
    const wait = earlier.size > 0 && !this.#isComplete() && this.#compiler.enforcement.own.on;
    const mustWait = (ifindex: number): boolean => wait && earlier.has(ifindex);
    // At the first start nothing is in force before programs are attached.
    if (this.#flushedOnce && earlier.size === 0) this.inForce.applied();
    const { more, failure } = this.#toAttach.work((ifindex) => this.#attach(ifindex), mustWait);
    this.#attaching = more;
    if (more) return this.flushSoon();
    if (!wait) this.#datapath.keepFlows();
    if (failure !== undefined) throw failure;
    if (!wait) {
      this.#detachEarlier(earlier);
      this.inForce.applied();
    }
    if (!this.#compiler.endpoints.judgesEgress) this.#datapath.judgeForwarded(false);
    if (notForwarding !== undefined) throw notForwarding;
    if (this.#flushedOnce) return;
    this.#flushedOnce = true;
    this.#log.info({ endpoints: this.#interfaces.bound.size, policies: this.#compiler.policies.size }, 'enforcing');
    if (wait)
      this.#log.error({ interfaces: earlier.size }, "an earlier agent's programs stay in force until the source can be read as a whole");
  }

  #attach(ifindex: number): void {
    if (!attachPrograms(this.#parts, ifindex)) this.flushSoon();
  }

  /** Once: every interface with a pod has our programs by now; what is left of an earlier agent's is on interfaces that are no pod's any more. */
  #detachEarlier(earlier: Set<number>): void {
    if (earlier.size === 0 && this.#flushedOnce) return;
    for (const ifindex of earlier) {
      if (this.#interfaces.podAt(ifindex) === undefined) this.#datapath.detach(ifindex);
    }
    this.#datapath.endEarlier();
    earlier.clear();
  }

  #judgeForwarded(on: boolean): unknown {
    try {
      this.#datapath.judgeForwarded(on);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #refreshNodeAddresses(): void {
    if (!this.#nodeAddressesChanged) return;
    this.#compiler.setNodeAddresses(this.#listNodeAddresses());
    this.#nodeAddressesChanged = false;
  }

  #fail(error: unknown): void {
    if (this.#owed.length > 0) this.#clock.stop(this.#plannedAt);
    this.#failure = error instanceof PosternError ? error : new PosternError('E_RECONCILE', String(error), { cause: error });
    this.#failures += 1;
    this.#log.error({ code: this.#failure.code, err: error }, 'flush failed; it is tried again');
    this.#timer.afterFailure();
  }

  /** For an earlier agent's interfaces to be taken over. */
  #waits(): boolean {
    return !this.#attaching && this.#earlier !== undefined && this.#earlier.size > 0;
  }

  #sweepLater(): void {
    if (this.#sweeping !== undefined) return;
    if (!this.#compiler.sweepPending && this.#interfaces.missing.length === 0 && !this.#waits()) return;
    this.#sweeping = setTimeout(() => this.#sweep(), SWEEP_INTERVAL_MS);
  }

  #sweep(): void {
    this.#sweeping = undefined;
    try {
      if (this.#owed.length === 0) this.#owed = this.#compiler.sweep(this.#clock.read());
      this.#settleDebts();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#interfaces.missing.length > 0) this.interfacesChanged();
    if (this.#waits() || this.#compiler.flushDue(this.#clock.read())) this.flushSoon();
    this.#sweepLater();
  }
}
