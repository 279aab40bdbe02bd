/** The seam between a conformance case and what judges it: the oracle, the compiled maps, or real packets. */

import type { Manifest } from '../support/builders/manifests.ts';
import type { Family, Probe, Word } from './case.ts';

export interface Change {
  /** Created or replaced. */
  readonly apply: readonly Manifest[];
  readonly delete: readonly Manifest[];
}

export interface Answer {
  /** `trouble`: neither arrived nor was silently dropped (unreachable, answered by another). Never what a table expects. */
  readonly outcome: Word | 'trouble';
  /** The backends of a Service that answered, in any order. */
  readonly by?: readonly string[];
  /** Which rules allow, or what went wrong. */
  readonly detail?: string;
}

/** `patient`: it is a second look at what surprised, so slowness must not be taken for an answer. */
export type Look = 'first' | 'patient';

export interface Judge {
  /** Milliseconds after which a surprise is looked at again; absent where looking again cannot change the answer. */
  readonly secondLookMs?: number;
  /** All objects that every case begins with; the judge has made them already. */
  readonly world: readonly Manifest[];
  /** Of a pod, a node or the `stranger`, as text. */
  addressOf(actor: string, family: Family): string;
  /** Returns when the change is in force. */
  apply(change: Change): Promise<void>;
  /** Answers in the order of the probes. */
  probe(probes: readonly Probe[], look?: Look): Promise<readonly Answer[]>;
}
