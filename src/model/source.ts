/** The seam between where the cluster's state comes from (a folder, the API server) and everything behind it. */

import type { PosternError } from './error.ts';
import type { ClusterKind, ClusterObject } from './objects.ts';

export type ClusterEvent =
  | { readonly type: 'upsert'; readonly object: ClusterObject }
  /** `key` as `objectKey` gives it. */
  | { readonly type: 'delete'; readonly kind: ClusterKind; readonly key: string };

export interface SourceSink {
  /** Events that belong together (one file, one list) come in one call. */
  events(events: readonly ClusterEvent[]): void;
  /** Called once, when everything that existed at the start has been told. Until then nothing is enforced anew. */
  synced(): void;
  /** Bad input. The source goes on. */
  problem(error: PosternError): void;
}

export interface Source {
  /** Resolves when `signal` aborts. Throws only when the source can never work (e.g. the folder is not a folder). */
  run(sink: SourceSink, signal: AbortSignal): Promise<void>;
}

/** What an agent runs on, and asks how it fares. */
export interface ObservedSource extends Source {
  /** False while what has been told may not be all that there is: a part cannot be read, or nobody answers. */
  readonly healthy: boolean;
  /** All that is wrong now, also what was reported before. */
  readonly problems: readonly PosternError[];
  /** When it resolves, every change that the source could know of before the call has been told. Throws `E_SOURCE_STOPPED` while it does not run. */
  rescan(): Promise<void>;
  /** How its parts fare, by name: the resources of an API server. Absent where there is no server. */
  readonly details?: Readonly<Record<string, SourcePart>>;
}

/** One resource that is listed and watched. */
export interface SourcePart {
  readonly state: 'listing' | 'connecting' | 'watching' | 'waiting';
  readonly objects: number;
  /** Of the last thing that was read. */
  readonly version: string | null;
  /** How often a list was asked for, and a watch. */
  readonly lists: number;
  readonly watches: number;
  /** Milliseconds since something was heard; null: never. */
  readonly silentMs: number | null;
  /** Code of what went wrong since then, and milliseconds since it first did; null: nothing. */
  readonly failure: string | null;
  readonly failingMs: number | null;
}
