/** The compiled programs in the kernel, under one endpoint, run on frames without any interface (BPF_PROG_TEST_RUN). */

import * as native from '../../native/index.js';
import { Compiler, type CompilerOptions } from '../../src/compiler/compiler.ts';
import { KernelMaps } from '../../src/datapath/kernel-maps.ts';
import * as layout from '../../src/datapath/layout.ts';
import { closePrograms, loadPrograms, type LoadedPrograms } from '../../src/datapath/load-programs.ts';
import { REASONS, type ReasonName } from '../../src/datapath/reasons.ts';
import type { Address } from '../../src/model/ip.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
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
/** Offset of `ingress_ifindex` in struct __sk_buff (linux/bpf.h). */
const INGRESS_IFINDEX = 36;
const JIFFIES_PER_SECOND = 250;

export interface Outcome {
  readonly passed: boolean;
  /** The reason that was counted; undefined where nothing was (a plain hit, nothing to judge). */
  readonly reason: ReasonName | undefined;
}

export class KernelHarness {
  readonly compiler: Compiler;
  readonly #loaded: LoadedPrograms;
  readonly maps: KernelMaps;
  #now = 0;

  /** `pod`: key of the pod whose interface the frames are at. */
  constructor(options: CompilerOptions = {}) {
    this.#loaded = loadPrograms();
    this.maps = new KernelMaps(this.#loaded.object.maps);
    this.maps.runtime[layout.LAYOUT.runtime.jiffies_per_second[0] / 4] = JIFFIES_PER_SECOND;
    this.compiler = new Compiler({ node: 'node-1', generation: 100, ...options });
    this.compiler.cluster.startCounting();
    this.#clearCounters();
  }

  close(): void {
    closePrograms(this.#loaded.object);
  }

  get programs(): LoadedPrograms['object']['programs'] {
    return this.#loaded.object.programs;
  }

  /** The pod whose interface frames are given at. */
  bind(pod: string, gateways: readonly Address[] = [], ranOpen = false): void {
    this.compiler.bind(pod, { ifindex: IFINDEX, netns: 1 }, gateways, ranOpen);
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
    const plan = this.compiler.flush({ ms: this.#now, monotonic: process.hrtime.bigint() });
    this.maps.apply(plan.steps.flat());
  }

  /** Let two seconds pass, as far as removals go. */
  sweep(): void {
    this.#now += 2000;
    this.maps.apply(this.compiler.sweep({ ms: this.#now, monotonic: process.hrtime.bigint() }));
  }

  /** `egress`: the pod sends it. `fromNode`: it has no ingress interface. */
  run(direction: Direction, frame: Uint8Array, options: { readonly fromNode?: boolean } = {}): Outcome {
    const context = new Uint8Array(INGRESS_IFINDEX + 4);
    const came = direction === 'ingress' && options.fromNode !== true;
    new DataView(context.buffer).setUint32(INGRESS_IFINDEX, came ? FOREIGN_IFINDEX : 0, true);
    const before = this.#counts(direction);
    const { returnValue } = native.testRun(this.#program(direction), { data: frame, context });
    if (returnValue !== PASS && returnValue !== DROP) throw new Error(`the program returned ${returnValue}`);
    const after = this.#counts(direction);
    const counted = REASONS.find((_, index) => (after[index] ?? 0) > (before[index] ?? 0));
    return { passed: returnValue === PASS, reason: counted?.name };
  }

  /** Rows of conntrack. */
  flows(): number {
    return native.mapDump(this.maps.fd('conntrack')).count;
  }

  /** Forget all flows, as if they had been evicted. */
  evict(): void {
    const { keys, count } = native.mapDump(this.maps.fd('conntrack'));
    if (count > 0) native.mapDeleteBatch(this.maps.fd('conntrack'), keys, count);
  }

  /** Make every flow look as if it had been quiet for so long. */
  age(seconds: number): void {
    const conntrack = this.maps.fd('conntrack');
    const { keys, values, count } = native.mapDump(conntrack);
    const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
    for (let index = 0; index < count; index += 1) {
      const at = index * layout.LAYOUT.flow[''][1] + layout.LAYOUT.flow.seen[0];
      view.setBigUint64(at, view.getBigUint64(at, true) - BigInt(seconds * JIFFIES_PER_SECOND), true);
    }
    if (count > 0) native.mapPutBatch(conntrack, keys, values, count);
  }

  events(): layout.PacketEvent[] {
    return native.ringDrain(this.maps.fd('events')).map((record) => layout.decodeEvent(record));
  }

  #program(direction: Direction): native.Fd {
    const program = this.programs[direction === 'egress' ? 'from_pod' : 'to_pod'];
    if (program === undefined) throw new Error('the object lacks a program');
    return program.fd;
  }

  #counts(direction: Direction): readonly number[] {
    const cpus = native.possibleCpus();
    const value = new Uint8Array(layout.LAYOUT.endpoint_counters[''][1] * cpus);
    native.mapGet(this.maps.fd('counters'), layout.u32(IFINDEX), value);
    return layout.decodeCounters(value, cpus).packets[direction];
  }

  #clearCounters(): void {
    const zeros = new Uint8Array(layout.LAYOUT.endpoint_counters[''][1] * native.possibleCpus());
    native.mapPut(this.maps.fd('counters'), layout.u32(IFINDEX), zeros);
  }
}
