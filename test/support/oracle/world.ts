/** What the oracle is asked and what it answers. */

import type { Address } from '../../../src/model/ip.ts';
import type { Namespace, NetworkPolicyObject, Node, Pod } from '../../../src/model/objects.ts';
import type { Direction, Protocol } from '../../../src/model/verdict.ts';

/** A cluster as it is now. */
export interface World {
  readonly pods: readonly Pod[];
  readonly namespaces: readonly Namespace[];
  readonly nodes: readonly Node[];
  readonly policies: readonly NetworkPolicyObject[];
  /** Policies in these isolate nobody. */
  readonly excludedNamespaces?: readonly string[];
}

/** The opening packet of a connection. Policy alone is judged: no replies, no fragments, no Services. */
export interface Flow {
  readonly source: Address;
  readonly destination: Address;
  /** A number for protocols that policies cannot name: 1 ICMP, 58 ICMPv6… 6, 17 and 132 mean their names. */
  readonly protocol: Protocol | number;
  /** Destination port, of TCP, UDP and SCTP. */
  readonly port?: number;
  /** The packet was made on the destination pod's node: it has no ingress interface there. Default false. */
  readonly sourceIsLocalNode?: boolean;
}

/** `not-isolated`: no policy speaks for this side, or it is no pod at all. */
export type SideVerdict = 'allow' | 'deny' | 'not-isolated';

/** Why a side got its verdict: the rules that allow, or the policies that isolate and do not. */
export interface Reason {
  readonly direction: Direction;
  /** `namespace/name`; absent where no policy was asked (the own node, the pod itself). */
  readonly policy?: string;
  /** Index in the policy's `ingress` or `egress`. */
  readonly rule?: number;
  readonly text: string;
}

export interface Judgement {
  /** The source pod's side. */
  readonly egress: SideVerdict;
  /** The destination pod's side. */
  readonly ingress: SideVerdict;
  readonly allowed: boolean;
  readonly because: readonly Reason[];
}
