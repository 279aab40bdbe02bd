/** Packets that are tried on the programs in the kernel (BPF_PROG_TEST_RUN), and what the kernel says of them. */

import type { Address } from './ip.ts';
import type { ReasonName } from './reasons.ts';
import type { Direction, Protocol } from './verdict.ts';

/** The first packet of a connection at a pod's interface. */
export interface OpeningPacket {
  /** Of the pod. */
  readonly direction: Direction;
  readonly own: Address;
  readonly peer: Address;
  readonly protocol: Protocol;
  /** The destination's: the pod's own for ingress, the peer's for egress. */
  readonly port: number;
}

export interface TestRun {
  /** `later`: it leaves the pod towards a Service, and is judged where the node forwards it to a backend. */
  readonly verdict: 'pass' | 'drop' | 'later';
  /** What was counted; null: nothing was, as where nothing is judged, or other packets came in between. */
  readonly reason: ReasonName | null;
}

export interface FinishedRun extends TestRun {
  /** The port of the connection's client: the pod had no flow with it. */
  readonly clientPort: number;
}

/** A packet as the agent is asked about it: its pod by name. */
export interface TestPacket {
  /** `namespace/name` */
  readonly pod: string;
  readonly direction: Direction;
  /** An address. */
  readonly peer: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/**
 * Why the kernel could not be asked. `not-here`: no interface of this node is the pod's. `no-address`: the pod has none of the peer's family, or it is the
 * peer itself. `not-ours`: the program that stands there is another agent's.
 */
export type NotRun = 'not-here' | 'no-address' | 'not-ours';

export type TestAnswer = TestRun | { readonly notRun: NotRun };

/** What an agent answers: one for each packet, in their order. */
export interface TestAnswers {
  readonly node: string;
  /** False where enforcement is turned off on this node. */
  readonly enforcing: boolean;
  readonly answers: readonly TestAnswer[];
}
