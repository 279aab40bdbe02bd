/** The datapath port: everything that the agent may ask of the kernel. The kernel and its in-memory twin both stand behind it. */

import type { DriftReport } from '../model/drift.ts';
import type { EndpointCounters, PacketEvent } from '../model/packet-event.ts';
import type { Operation, PutOperation } from '../model/plan.ts';
import type { FinishedRun, OpeningPacket } from '../model/test-run.ts';

export interface Datapath {
  /** Apply in order. A failing operation throws a PosternError (E_DATAPATH); what came before it is in force, and applying all of it again is harmless. */
  apply(operations: readonly Operation[]): void;
  /** Put both programs at the head of an interface; its endpoint word has been set. Where an earlier agent's programs are there, they are replaced in one step. */
  attach(ifindex: number): void;
  /** Take both programs off again. An interface that is gone is no error. */
  detach(ifindex: number): void;
  /** Interfaces that carry our programs, those of an earlier agent too. */
  attached(): ReadonlySet<number>;
  /**
   * Judge Services where the node forwards, after kube-proxy; needed while a pod is isolated for egress, and begun before it is. An earlier agent's program
   * goes on beside. Where it fails, or the kernel cannot do it, Services are judged at the interface, by all of their endpoints.
   */
  judgeForwarded(on: boolean): void;
  /** No interface has an earlier agent's programs any more: what it forwarded need not be judged by it. */
  endEarlier(): void;
  /**
   * This agent's programs are attached as far as they can be: what they record is what the next agent takes over. Until then an earlier agent's flow table
   * stays the one that is found.
   */
  keepFlows(): void;
  /** What an earlier agent's programs, which are still there, made of an interface. `undefined`: none of them are. */
  earlierAt(ifindex: number): EarlierEndpoint | undefined;
  /** The node-wide counter as the maps hold it; it continues over restarts. */
  readonly generation: number;
  storeGeneration(generation: number): void;
  /** The flow table is an earlier agent's. */
  readonly tookOverFlows: boolean;
  /** Drops, trials, and, while `traceFlows` is on, new flows. At most 32 for each endpoint and CPU in a quarter of a second or more. */
  listen(onEvents: (events: PacketEvent[]) => void): void;
  traceFlows(on: boolean): void;
  /**
   * Run the program that stands at an interface on the first packet of a connection, without sending one. It is counted, and told, like any other; it leaves
   * no flow. `undefined`: what stands there is not this agent's.
   */
  testRun(ifindex: number, packet: OpeningPacket): FinishedRun | undefined;
  counters(slot: number): EndpointCounters;
  /** Of all endpoints since the maps were made, also of those that are gone: never falls. */
  totals(): EndpointCounters;
  /** Rows that fit into each table, by its name. */
  readonly capacities: Readonly<Record<string, number>>;
  /** Rows of the flow table, read in pieces of a few milliseconds: a second and more where it holds millions. */
  countFlows(): Promise<number>;
  /**
   * Compare what is there with what should be, in pieces of a few milliseconds between which operations may be applied, and with `repair` mend what differs.
   * Throws `E_NOT_SETTLED` where `desired` cannot be brought in force. One at a time.
   */
  verify(desired: DesiredState, repair: boolean): Promise<DriftReport>;
  /** What the kernel could do, for log and status. */
  describe(): Readonly<Record<string, unknown>>;
  /** Let go of every descriptor. What is attached stays in force. */
  close(): void;
}

/** The past of an interface that an earlier agent guarded. */
export interface EarlierEndpoint {
  /** Flows may exist that are not in the flow table: the pod was not isolated, or they were recorded elsewhere. */
  readonly ranOpen: boolean;
  /** CLOCK_MONOTONIC nanoseconds: until then flows without a record are taken over, as that agent had begun to do. 0: not at all. */
  readonly takeOverUntil: bigint;
}

/** What should be there, as whoever verifies asks for it. */
export interface DesiredState {
  /** Everything of one kind that has been applied and is still to be there; `undefined` counts for nothing. Read in pieces. */
  operations(kind: PutOperation['op']): Iterable<PutOperation | undefined>;
  readonly generation: number;
  /** Bring in force, at once, what waits to be applied. False where that fails. */
  settle(): boolean;
  /** Interfaces whose programs should be attached. */
  guarded(): readonly number[];
  /** `left`: its programs are an earlier agent's, or about to be attached. `none`: it is no pod's. */
  roleOf(ifindex: number): 'guarded' | 'left' | 'none';
  /** Give the endpoints that have these configuration rows new ones, with the next `settle`. */
  replaceConfigs(ids: ReadonlySet<number>): void;
  /** Have every recorded flow judged again, with the next `settle`: some were judged by what had drifted. */
  judgeAgain(): void;
  /** Packets passed these interfaces unjudged: from the next `settle` on their flows are taken for those of a pod that ran open before. */
  ranOpen(interfaces: ReadonlySet<number>): void;
}
