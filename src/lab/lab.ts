/** A lab: nodes and pods on one machine, each in a network namespace of its own, joined by real CNI plugins. */

import type { CommandResult, Family, HeldConnection, HoldRequest, LabNode, LabOptions, LabPod, ProbeRequest, ProbeResult, RawObject } from './types.ts';

export interface Lab {
  readonly name: string;
  nodes(): readonly LabNode[];
  pods(): readonly LabPod[];
  /** All objects with their status, as the agents see them. */
  objects(): readonly RawObject[];
  /** Create or change; returns when it is in force on every node. */
  apply(objects: readonly RawObject[]): Promise<void>;
  /** By kind, namespace and name; a namespace takes its pods and policies with it. Absent objects are passed over. */
  delete(objects: readonly RawObject[]): Promise<void>;
  /** Results in the order of the requests. */
  probe(probes: readonly ProbeRequest[]): Promise<readonly ProbeResult[]>;
  podAddress(pod: string, family: Family): string;
  exec(pod: string, argv: readonly string[]): Promise<CommandResult>;
  nodeExec(node: string, argv: readonly string[]): Promise<CommandResult>;
  hold(request: HoldRequest): Promise<number>;
  held(pod: string): Promise<readonly HeldConnection[]>;
  /** Returns when every agent has read the folder anew and everything in it is in force. */
  settle(): Promise<void>;
  down(): Promise<void>;
}

export interface LabStatic {
  up(options: LabOptions): Promise<Lab>;
  open(name: string): Promise<Lab>;
}
