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
  /** `matches`, `other peer`, `other port`, `no rules`, `cannot be read` */
  readonly because: string;
  /** `shop.yaml:12`; empty where there is no file. */
  readonly place: string;
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
}

export interface PairReport {
  readonly source: string;
  readonly destination: string;
  /** `8080/TCP`; null: no port was asked for. */
  readonly port: string | null;
  readonly allowed: boolean;
  /** What both sides allow. */
  readonly ports: string;
  readonly sides: readonly SideReport[];
}

export interface ExplainReport {
  readonly source: string;
  readonly destination: string;
  /** Of every pair that was asked about. */
  readonly allowed: 'all' | 'some' | 'none';
  readonly pairs: readonly PairReport[];
}
