/** What the datapath tells of packets: single events, and counts by reason. */

import type { Address } from './ip.ts';
import type { Verdict } from './verdict.ts';

export interface PacketEvent {
  /** CLOCK_MONOTONIC nanoseconds */
  readonly time: bigint;
  readonly endpoint: number;
  readonly ifindex: number;
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly direction: 'ingress' | 'egress';
  readonly verdict: Verdict;
  readonly reason: number;
  readonly protocol: number;
  readonly tcpFlags: number;
  readonly icmpType: number;
  readonly length: number;
}

/** Packets of one endpoint by reason number (src/model/reasons.ts). Allowed ones are counted where they were judged, which an established flow's are not. */
export interface EndpointCounters {
  readonly packets: Readonly<Record<'ingress' | 'egress', readonly number[]>>;
  readonly lostEvents: number;
}
