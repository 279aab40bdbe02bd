/** The compiled programs in the kernel, under one endpoint, run on frames without any interface (BPF_PROG_TEST_RUN). */

import * as native from '../../native/index.js';
import type { CompilerOptions } from '../../src/compiler/compiler-options.ts';
import { Compiler } from '../../src/compiler/compiler.ts';
import { KernelMaps } from '../../src/datapath/kernel-maps.ts';
import * as layout from '../../src/datapath/layout.ts';
import { closePrograms, loadPrograms, readPolicyObject, type LoadedPrograms } from '../../src/datapath/load-programs.ts';
import { forgetServices } from './forget-services.ts';
import { ageFlows, ageFragments, allowRewritten, forgetFlow, readFlow, type FlowEnds, type FlowWord } from './flow-rows.ts';
import { REASONS, type ReasonName } from '../../src/model/reasons.ts';
import type { Address } from '../../src/model/ip.ts';
import { CONFIG_UNSET, type EndpointConfig, type Operation } from '../../src/model/plan.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import type { EndpointCounters, PacketEvent } from '../../src/model/packet-event.ts';
import { objectKey } from '../../src/model/objects.ts';
import type { ClusterEvent } from '../../src/model/source.ts';
import type { Direction } from '../../src/model/verdict.ts';

/** A test run has the loopback of the caller's namespace as its interface. */
export const IFINDEX = 1;
/** Where a packet came in, unless the node made it itself. */
export const FOREIGN_IFINDEX = 7;

/** TC_ACT_UNSPEC and TCX_NEXT, as unsigned numbers. */
const PASS = 0xffffffff;
const DROP = 2;
/** Offsets of `ingress_ifindex` and `gso_segs` in struct __sk_buff (linux/bpf.h), and how much of it is given. */
const [INGRESS_IFINDEX, GSO_SEGS, CONTEXT] = [36, 164, 168];
const JIFFIES_PER_SECOND = 250;
/** struct nf_hook_state, which a test run of a netfilter program takes: hook and family are its first two bytes. */
const [HOOK_STATE, POST_ROUTING, AF_INET, AF_INET6] = [48, 4, 2, 10];

/** Many times what any test opens, and quick to clear. */
const CONNTRACK_ROWS = 8192;
/** Maps whose rows are of one world; what the agent measures and the array of configurations stay. */
const WORLD_MAPS = ['ipcache', 'prefixes', 'pairs', 'ports', 'far_endpoints'] as const;

export interface Outcome {
  readonly passed: boolean;
  /** The reason that was counted; undefined where nothing was (a plain hit, nothing to judge). */
  readonly reason: ReasonName | undefined;
}

export interface RunOptions {
  /** The packet has no ingress interface. */
  readonly fromNode?: boolean;
  /** It came in by the pod's own interface: a hairpin. */
  readonly hairpin?: boolean;
  /** How often, without a pause. Default once. */
  readonly repeat?: number;
  /** Segments that the kernel still has to cut it into (gso_segs). Default 0: none. */
  readonly segments?: number;
}

export class KernelHarness {
  readonly #loaded: LoadedPrograms;
  #compiler: Compiler;
  #maps: KernelMaps;
  #pod: string | undefined;
  #now = 0;
  /** Nanoseconds that `elapse` has let pass, ahead of the kernel's clock. */
  #ahead = 0n;
  /** Configuration rows as they were told. */
  readonly #configs = new Map<number, EndpointConfig>();

  readonly #fragment = native.structLayout(readPolicyObject(), 'fragment_ports');

  constructor(options: CompilerOptions = {}) {
    this.#loaded = loadPrograms({ conntrackRows: CONNTRACK_ROWS });
    this.#maps = new KernelMaps(this.#loaded.object.maps);
    this.#compiler = this.#start(options);
  }

  get compiler(): Compiler {
    return this.#compiler;
  }

  get maps(): KernelMaps {
    return this.#maps;
  }

  /** Another world under the same loaded programs: no rows, no flows, a compiler that knows nothing. */
  restart(options: CompilerOptions = {}): void {
    for (const map of WORLD_MAPS) this.#clear(map);
    this.maps.apply(forgetServices(this.compiler));
    this.#maps.runtime.fill(0);
    this.#maps = new KernelMaps(this.#loaded.object.maps);
    this.#maps.apply([{ op: 'set-endpoint', ifindex: IFINDEX, word: { config: CONFIG_UNSET, generation: 0 } }]);
    this.#pod = undefined;
    this.#ahead = 0n;
    this.#configs.clear();
    this.forget();
    this.#compiler = this.#start(options);
  }

  #start(options: CompilerOptions): Compiler {
    this.maps.runtime[layout.LAYOUT.runtime.jiffies_per_second[0] / 4] = JIFFIES_PER_SECOND;
    const compiler = new Compiler({ node: 'node-1', generation: 100, ...options });
    compiler.cluster.startCounting();
    this.#clearCounters();
    return compiler;
  }

  close(): void {
    closePrograms(this.#loaded.object);
  }

  get programs(): LoadedPrograms['object']['programs'] {
    return this.#loaded.object.programs;
  }

  /** The pod whose interface frames are given at. */
  bind(pod: string, gateways: readonly Address[] = [], ranOpen = false): void {
    if (this.#pod !== undefined) this.unbind();
    this.#pod = pod;
    this.compiler.bind(pod, { ifindex: IFINDEX, netns: 1 }, gateways, ranOpen);
    this.flush();
  }

  /** Nobody's interface any more. */
  unbind(): void {
    if (this.#pod !== undefined) this.compiler.unbind(this.#pod);
    this.#pod = undefined;
    this.flush();
  }

  upsert(...objects: readonly ClusterObject[]): void {
    this.tell(objects.map((object) => ({ type: 'upsert', object })));
  }

  delete(...objects: readonly ClusterObject[]): void {
    this.tell(objects.map((object) => ({ type: 'delete', kind: object.kind, key: objectKey(object) })));
  }

  tell(events: readonly ClusterEvent[]): void {
    this.compiler.apply(events);
    this.flush();
  }

  flush(): void {
    const plan = this.compiler.flush({ ms: this.#now, monotonic: process.hrtime.bigint() + this.#ahead });
    this.maps.apply(plan.steps.flat().map((operation) => this.#onKernelTime(operation)));
  }

  /** Let time pass for flows, fragments and the take-over window. */
  elapse(seconds: number): void {
    this.#ahead += BigInt(seconds) * 1_000_000_000n;
    this.age(seconds);
    this.maps.apply([...this.#configs].map(([id, config]) => this.#onKernelTime({ op: 'put-config', id, config })));
  }

  /** The take-over window ends by the kernel's clock, which nobody can put forward. */
  #onKernelTime(operation: Operation): Operation {
    if (operation.op !== 'put-config') return operation;
    const { id, config } = operation;
    this.#configs.set(id, config);
    const until = config.takeOverUntil - this.#ahead;
    return { ...operation, config: { ...config, takeOverUntil: config.takeOverUntil === 0n ? 0n : until > 1n ? until : 1n } };
  }

  /** Let two seconds pass, as far as removals go. */
  sweep(): void {
    this.#now += 2000;
    this.maps.apply(this.compiler.sweep({ ms: this.#now, monotonic: process.hrtime.bigint() + this.#ahead }));
  }

  /** Tells from_pod whether after_nat is there for what goes to Services. */
  leaveServicesToAfterNat(on: boolean): void {
    this.maps.runtime[layout.LAYOUT.runtime.after_nat[0] / 4] = on ? 1 : 0;
  }

  /** The node forwards it, untracked and not rewritten: a test run of after_nat. Counted as the sender's egress. */
  forward(frame: Uint8Array): Outcome {
    const before = this.counts('egress');
    const version = (frame[14] ?? 0) >> 4;
    const { returnValue } = native.testRun(this.#programFd('after_nat'), {
      data: frame,
      context: hookState(version === 4 ? AF_INET : AF_INET6),
    });
    if (returnValue > 1) throw new Error(`the program returned ${returnValue}`);
    return { passed: returnValue === 1, reason: this.#countedSince(before, 'egress') };
  }

  /** `egress`: the pod sends it. */
  run(direction: Direction, frame: Uint8Array, options: RunOptions = {}): Outcome {
    const before = this.counts(direction);
    const passed = this.pass(direction, frame, options);
    return { passed, reason: this.#countedSince(before, direction) };
  }

  #countedSince(before: readonly number[], direction: Direction): ReasonName | undefined {
    const after = this.counts(direction);
    return REASONS.find((_, index) => (after[index] ?? 0) > (before[index] ?? 0))?.name;
  }

  /** Whether it passes, without asking why: twice as fast. Throws where the program answers anything but pass or drop. */
  pass(direction: Direction, frame: Uint8Array, options: RunOptions = {}): boolean {
    const context = new Uint8Array(CONTEXT);
    const view = new DataView(context.buffer);
    // What the pod sends has come in by its own interface.
    const hairpin = direction === 'egress' || options.hairpin === true;
    view.setUint32(INGRESS_IFINDEX, options.fromNode === true ? 0 : hairpin ? IFINDEX : FOREIGN_IFINDEX, true);
    view.setUint32(GSO_SEGS, options.segments ?? 0, true);
    const { returnValue } = native.testRun(this.#programFd(direction === 'egress' ? 'from_pod' : 'to_pod'), {
      data: frame,
      context,
      repeat: options.repeat ?? 1,
    });
    if (returnValue !== PASS && returnValue !== DROP) throw new Error(`the program returned ${returnValue}`);
    return returnValue === PASS;
  }

  /** Rows of conntrack. */
  flows(): number {
    return native.mapDump(this.maps.fd('conntrack')).count;
  }

  /** Forget all flows, or those with these ends, as if they had been evicted. */
  evict(ends?: FlowEnds): void {
    if (ends === undefined) this.#clear('conntrack');
    else forgetFlow(this.maps.fd('conntrack'), ends);
  }

  /** What its row says, if there is one. */
  flow(ends: FlowEnds): FlowWord | undefined {
    return readFlow(this.maps.fd('conntrack'), ends);
  }

  /** As after_nat does for a rewritten flow that it allows: a test run's packets have no connection that it could read. */
  allowRewritten(ends: FlowEnds): void {
    allowRewritten(this.maps.fd('conntrack'), ends, this.generation);
  }

  /** Under which flows must have been judged to be current. */
  get generation(): number {
    return this.#pod === undefined ? 0 : (this.compiler.endpoints.get(this.#pod)?.word?.generation ?? 0);
  }

  /** Forget flows, fragments, counters and events. */
  forget(): void {
    this.evict();
    this.#clear('fragments');
    this.#clearCounters();
    this.events();
  }

  /** Make every flow, and every first fragment, look as if it had been quiet for so long. */
  age(seconds: number): void {
    const jiffies = seconds * JIFFIES_PER_SECOND;
    ageFlows(this.maps.fd('conntrack'), jiffies);
    ageFragments(this.maps.fd('fragments'), this.#fragment, jiffies);
  }

  events(): PacketEvent[] {
    return native.ringDrain(this.maps.fd('events')).map((record) => layout.decodeEvent(record));
  }

  /** Events for new flows too. */
  traceFlows(on: boolean): void {
    this.maps.runtime[layout.LAYOUT.runtime.trace_flows[0] / 4] = on ? 1 : 0;
  }

  /** Packets by reason number. */
  counts(direction: Direction): readonly number[] {
    return this.counters().packets[direction];
  }

  counters(): EndpointCounters {
    return this.maps.totals.read(this.#slot);
  }

  /** Of the counters; 0 is that of interfaces without an endpoint. */
  get #slot(): number {
    return this.#pod === undefined ? 0 : (this.compiler.endpoints.get(this.#pod)?.counters ?? 0);
  }

  #programFd(name: string): native.Fd {
    const program = this.programs[name];
    if (program === undefined) throw new Error('the object lacks a program');
    return program.fd;
  }

  #clear(map: string): void {
    const { keys, count } = native.mapDump(this.maps.fd(map));
    if (count > 0) native.mapDeleteBatch(this.maps.fd(map), keys, count);
  }

  #clearCounters(): void {
    const zeros = new Uint8Array(layout.LAYOUT.endpoint_counters[''][1] * native.possibleCpus());
    native.mapPut(this.maps.fd('counters'), layout.u32(this.#slot), zeros);
  }
}

function hookState(family: number): Uint8Array {
  const state = new Uint8Array(HOOK_STATE);
  state.set([POST_ROUTING, family]);
  return state;
}
