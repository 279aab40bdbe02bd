/** What a compiler is told of its node and its clock. */

import type { Budget } from './admission.ts';

export interface CompilerOptions {
  /** Pods of this node are subjects; without it those of every node are (audit, the lab's expectations). */
  readonly node?: string;
  /** Counter to go on from; never 0. */
  readonly generation?: number;
  readonly budget?: Budget;
  /** Milliseconds for which a pod that ran open adopts TCP without evidence. Default two minutes. */
  readonly takeOverMs?: number;
  /** Where the kernel judges what goes to a Service. Default: after_nat. */
  readonly services?: 'after-nat' | 'endpoints';
  /** Policies in these isolate nobody; their pods are peers like any other. */
  readonly excludedNamespaces?: Iterable<string>;
  /** False turns the source check off for every pod. */
  readonly sourceCheck?: boolean;
}

export interface Now {
  /** Milliseconds of any steady clock. */
  readonly ms: number;
  /** CLOCK_MONOTONIC nanoseconds. */
  readonly monotonic: bigint;
}

/** Pod annotation that turns the source check off for pods that must forward for others. */
export const ALLOW_SPOOFING = 'postern.dev/allow-spoofing';
