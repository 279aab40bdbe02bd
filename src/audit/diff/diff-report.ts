/** What changes for connections from one state of policies to another, as data. */

import type { Ports } from '../../policy/ports.ts';

export interface DiffParty {
  /** `shop/Deployment/web`, or the name of an outside network. */
  readonly id: string;
  readonly kind: 'workload' | 'outside';
}

export interface Change {
  readonly from: DiffParty;
  readonly to: DiffParty;
  /** Ports that are allowed now and were not; and the other way round. */
  readonly gained: Ports;
  readonly lost: Ports;
  readonly before: Ports;
  readonly after: Ports;
}

export interface Connection {
  readonly from: DiffParty;
  readonly to: DiffParty;
  readonly ports: Ports;
}

/** What workloads that only one state has may there, with whatever else it has. */
export interface OneSided {
  readonly workloads: readonly string[];
  /** The first of them. */
  readonly connections: readonly Connection[];
  /** How many more there are. */
  readonly leftOut: number;
}

export interface DiffReport {
  readonly before: string;
  readonly after: string;
  /** Between workloads that both states have, and networks outside. */
  readonly changes: readonly Change[];
  /** The same for pods that do not exist, one of each kind that the policies tell apart. */
  readonly toCome: readonly Change[];
  /** Of workloads that only one of the two has: no change of policy, so nothing of it is gained or lost. */
  readonly added: OneSided;
  readonly removed: OneSided;
  /** No pod that could exist is treated differently. */
  readonly equivalent: boolean;
  readonly incomplete: readonly string[];
}
