/** Packet events with the names that people know: pods, policies, reasons. */

import type { Compiler } from '../compiler/compiler.ts';
import { formatAddress, type Address } from '../model/ip.ts';
import type { PacketEvent } from '../model/packet-event.ts';
import { REASONS } from '../model/reasons.ts';
import { PROTOCOL_NUMBER, PROTOCOLS, type Verdict } from '../model/verdict.ts';

export interface NamedEvent {
  /** ISO 8601 */
  readonly time: string;
  readonly node: string;
  readonly verdict: Verdict;
  /** Stable name of the reason, e.g. `POLICY` */
  readonly reason: string;
  readonly text: string;
  readonly direction: 'ingress' | 'egress';
  /** `namespace/name` of the pod whose interface the packet was at. */
  readonly pod: string;
  /** `namespace/name` of a pod, else an address. */
  readonly peer: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  /** The destination's port; 0 for a protocol without ports. */
  readonly port: number;
  readonly sourcePort: number;
  /** Policies that isolate the pod in this direction, none of which allows the packet. Empty where no policy has to do with it. */
  readonly policies: readonly string[];
}

const OTHER_PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 2: 'IGMP', 47: 'GRE', 50: 'ESP', 51: 'AH', 58: 'ICMPv6' };

/** `pod`: key of the endpoint's pod; `bootTime`: milliseconds since the epoch at CLOCK_MONOTONIC 0. */
export function nameEvent(event: PacketEvent, pod: string | undefined, node: string, compiler: Compiler, bootTime: number): NamedEvent {
  const incoming = event.direction === 'ingress';
  const hasPorts = PROTOCOLS.some((protocol) => PROTOCOL_NUMBER[protocol] === event.protocol);
  const reason = REASONS[event.reason];
  const policies = pod === undefined ? [] : (compiler.subject(pod)?.policies[event.direction] ?? []);
  const byPolicy = reason?.name === 'POLICY' || reason?.name === 'FLOW_CUT' || reason?.name === 'NO_EVIDENCE' || reason?.name === 'TRIAL';
  return {
    time: new Date(bootTime + Number(event.time / 1_000_000n)).toISOString(),
    node,
    verdict: event.verdict,
    reason: reason?.name ?? String(event.reason),
    text: reason?.text ?? '',
    direction: event.direction,
    pod: pod ?? `interface ${event.ifindex}`,
    peer: peerName(incoming ? event.source : event.destination, compiler),
    source: formatAddress(event.source),
    destination: formatAddress(event.destination),
    protocol:
      PROTOCOLS.find((protocol) => PROTOCOL_NUMBER[protocol] === event.protocol) ??
      OTHER_PROTOCOLS[event.protocol] ??
      String(event.protocol),
    port: hasPorts ? event.destinationPort : 0,
    sourcePort: hasPorts ? event.sourcePort : 0,
    policies: byPolicy ? policies.map((policy) => policy.key) : [],
  };
}

function peerName(address: Address, compiler: Compiler): string {
  return compiler.cluster.ownerOf(address) ?? formatAddress(address);
}
