/** The datapath port: everything that the agent may ask of the kernel. The kernel and its in-memory twin both stand behind it. */

import type { Operation } from '../model/plan.ts';

export interface Datapath {
  /** Apply in order. A failing operation throws a PosternError (E_DATAPATH) and leaves what came before it in force. */
  apply(operations: readonly Operation[]): void;
  /** Put both programs at the head of an interface; its endpoint word must have been set. Attaching again replaces in one step. */
  attach(ifindex: number): void;
  /** Take both programs off again. An interface that is gone is no error. */
  detach(ifindex: number): void;
  /** The generation counter as the maps hold it; it continues over restarts. */
  readonly generation: number;
  storeGeneration(generation: number): void;
  close(): void;
}
