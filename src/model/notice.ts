/** What the people who own an object of the cluster should be told of it, for as long as it holds. */

import type { PosternError } from './error.ts';

export interface ObjectReference {
  readonly kind: 'NetworkPolicy' | 'Pod' | 'Node';
  /** Absent for a Node. */
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
}

export interface Notice {
  readonly about: ObjectReference;
  /** A word in CamelCase, for machines. */
  readonly reason: string;
  /** What is wrong, with its code and how to mend it. */
  readonly message: string;
  /** Every node that has a say tells the same: one of them is enough. */
  readonly shared: boolean;
}

/** Where notices are put up. Nothing that goes wrong there concerns those who bring them. */
export interface NoticeBoard {
  /** All that is wrong now, by a key for each object. What is not among them any more is mended. */
  show(notices: ReadonlyMap<string, Notice>): void;
  /** Until `signal` aborts. `problem` hears why notices cannot be put up, once until they can again. */
  run(problem: (error: PosternError) => void, signal: AbortSignal): Promise<void>;
}
