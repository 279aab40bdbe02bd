/** A pod's sandbox as the container runtime of its node tells it. */

import type { Address } from './ip.ts';

export interface Sandbox {
  /** Of the pod. */
  readonly namespace: string;
  readonly name: string;
  /** Of the pod; of a static pod that of its file, which the API server's mirror of it has as an annotation. */
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Both families. Empty: it has ended, and what it had is free. */
  readonly addresses: readonly Address[];
}
