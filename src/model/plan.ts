/** What the kernel can be asked to hold, as values: rows, configurations, and the operations that a plan is made of. */

import type { Address, Prefix } from './ip.ts';
import type { Verdict } from './verdict.ts';

/** One row of a port set: `port` with only its first `length` bits set stands for all ports under that prefix (0: every port). */
export interface PortRow {
  /** IANA protocol number. */
  readonly protocol: number;
  readonly port: number;
  /** 0 … 16 */
  readonly length: number;
  readonly verdict: Verdict;
}

/** A complete function (protocol, port) → verdict; what no row covers gets the ruleset's default verdict. */
export interface PortSet {
  readonly id: number;
  readonly rows: readonly PortRow[];
}

/** The port set in which nothing is listed, and the one that allows every protocol and port. Neither has rows. */
export const PORT_SET_NONE = 0;
export const PORT_SET_ALL = 1;

/** A pair's value and a ruleset's header name a port set together with the prefix lengths that occur in it (bit n: length n). */
export interface PortSetRef {
  readonly portSet: number;
  readonly lengths: number;
}

/** What the kernel needs of one direction of an endpoint. Ruleset 0: not isolated in this direction. */
export interface DirectionConfig {
  readonly ruleset: number;
  /** The port set of identity 0 and of every identity without a pair: what any peer may. */
  readonly stranger: PortSetRef;
  readonly defaultVerdict: Verdict;
}

/** An immutable configuration row. A change makes a new row under a new id. */
export interface EndpointConfig {
  /** Number of the endpoint, never reused in the life of the maps; its conntrack rows and counters carry it. */
  readonly endpoint: number;
  readonly ingress: DirectionConfig;
  readonly egress: DirectionConfig;
  /** The pod's addresses, at most one of each family. */
  readonly ipv4: Address | undefined;
  readonly ipv6: Address | undefined;
  /** Sources that are not the pod's are dropped. */
  readonly sourceCheck: boolean;
  /** Only the node may talk to the pod: it has not been evaluated yet. */
  readonly held: boolean;
  /** CLOCK_MONOTONIC nanoseconds until which TCP without evidence is adopted; 0n for a pod that never ran open. */
  readonly takeOverUntil: bigint;
  /** Slot of its counters; 0 is shared by those beyond the last. */
  readonly counters: number;
}

/** Configuration 0 drops everything (nothing was set); 1 passes everything (no policy in the cluster). */
export const CONFIG_UNSET = 0;
export const CONFIG_OPEN = 1;

/** One aligned word, written in one step: the configuration row and the generation that flows must have been judged under. */
export interface EndpointWord {
  readonly config: number;
  readonly generation: number;
}

/**
 * What kube-proxy rewrites. Without an address: a node port or host port, at any address of the own node. `endpoints` of its row is the number of the class
 * of frontends that lead to the same endpoints, in the numbering of identities; 0 where that is not asked.
 */
export interface Frontend {
  readonly address: Address | undefined;
  readonly protocol: number;
  readonly port: number;
}

export type Operation =
  | { readonly op: 'put-port-set'; readonly portSet: PortSet }
  | { readonly op: 'delete-port-set'; readonly portSet: PortSet }
  | { readonly op: 'put-pair'; readonly ruleset: number; readonly identity: number; readonly ref: PortSetRef }
  | { readonly op: 'delete-pair'; readonly ruleset: number; readonly identity: number }
  | { readonly op: 'put-address'; readonly address: Address; readonly identity: number; readonly ownNode: boolean }
  | { readonly op: 'delete-address'; readonly address: Address }
  | { readonly op: 'put-prefix'; readonly prefix: Prefix; readonly identity: number }
  | { readonly op: 'delete-prefix'; readonly prefix: Prefix }
  | { readonly op: 'put-frontend'; readonly frontend: Frontend; readonly endpoints: number }
  | { readonly op: 'delete-frontend'; readonly frontend: Frontend }
  /** A pod of this node, for who sees its packets elsewhere than at its interface. */
  | { readonly op: 'put-local-pod'; readonly address: Address; readonly ifindex: number }
  | { readonly op: 'delete-local-pod'; readonly address: Address }
  | { readonly op: 'put-config'; readonly id: number; readonly config: EndpointConfig }
  | { readonly op: 'delete-config'; readonly id: number }
  /** Begin a slot's counters at zero. */
  | { readonly op: 'reset-counters'; readonly slot: number }
  | { readonly op: 'set-endpoint'; readonly ifindex: number; readonly word: EndpointWord }
  /** Forget every flow with one of these remote addresses: their owner is gone. */
  | { readonly op: 'sweep-flows'; readonly addresses: readonly Address[] };

/** Operations that put what the kernel is to hold. Between them they name all of it. */
export type PutOperation = Extract<
  Operation,
  {
    readonly op:
      | 'put-port-set'
      | 'put-pair'
      | 'put-address'
      | 'put-prefix'
      | 'put-frontend'
      | 'put-local-pod'
      | 'put-config'
      | 'set-endpoint';
  }
>;
