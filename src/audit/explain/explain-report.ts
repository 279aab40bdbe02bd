/** Why one end reaches another, or does not, as data. */

import type { Direction } from '../../model/verdict.ts';

export interface RuleReason {
  /** `namespace/name` */
  readonly policy: string;
  /** Position among the policy's rules of the direction, from 0; null: it has none. */
  readonly rule: number | null;
  /** `from pods {app=web} in shop on 80/TCP` */
  readonly text: string;
  readonly allows: boolean;
  /** `matches`, `other peer`, `other port`, `no rules`, `cannot be read`, `does not fit the budgets` */
  readonly because: string;
  /** `shop.yaml:12`; empty where there is no file. */
  readonly place: string;
}

/** A verdict of the kernel that is not that of the policies. */
export interface Disagreement {
  readonly node: string;
  /** `namespace/name` */
  readonly pod: string;
  readonly peer: string;
  /** `80/TCP` */
  readonly port: string;
  readonly policies: 'allow' | 'deny';
  readonly kernel: 'pass' | 'drop';
  /** Name of the kernel's reason (docs/datapath.md); null: it counted none. */
  readonly reason: string | null;
  /** False where enforcement is turned off on the node. */
  readonly enforcing: boolean;
}

/** What the kernels say of one side, each packet tried at the interface of one pod. */
export interface LiveReport {
  readonly tried: number;
  readonly agreed: number;
  /** Passed as traffic with the pod's own node, which no policy stops. */
  readonly ownNode: number;
  /** To a Service's address: judged where the node forwards it, so not here. */
  readonly later: number;
  /** Beyond the number of packets that are tried. */
  readonly leftOut: number;
  readonly disagreements: readonly Disagreement[];
  /** Pods that could not be asked about, and why. */
  readonly notAsked: readonly { readonly pod: string; readonly why: string }[];
}

export interface SideReport {
  readonly direction: Direction;
  /** Whose policies these are. */
  readonly of: string;
  readonly verdict: 'allowed' | 'denied' | 'not isolated';
  /** What is allowed with this peer, whatever was asked for. */
  readonly ports: string;
  readonly rules: readonly RuleReason[];
  /** Where this side denies it: a policy that would allow it, as YAML, and nothing more. */
  readonly wouldAllow: string | null;
  /** Where the kernel was asked. */
  readonly live?: LiveReport;
}

export interface PairReport {
  readonly source: string;
  readonly destination: string;
  /** `8080/TCP`; null: no port was asked for. */
  readonly port: string | null;
  readonly allowed: boolean;
  /** What both sides allow. */
  readonly ports: string;
  /** Why it is denied where no side denies it. */
  readonly note?: string;
  readonly sides: readonly SideReport[];
}

export interface ExplainReport {
  readonly source: string;
  readonly destination: string;
  /** Of every pair that was asked about. */
  readonly allowed: 'all' | 'some' | 'none';
  readonly pairs: readonly PairReport[];
}
