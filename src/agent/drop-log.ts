/** Packet events with the names that people know: pods, Services, policies, rules, reasons. */

import type { Compiler } from '../compiler/compiler.ts';
import { formatAddress } from '../model/ip.ts';
import type { PacketEvent } from '../model/packet-event.ts';
import { REASONS, type ReasonName } from '../model/reasons.ts';
import { hasPorts, PROTOCOL_NUMBER, PROTOCOLS, type Direction, type Verdict } from '../model/verdict.ts';
import { nameAllowed, type AllowingRule } from './name-allowed.ts';
import type { PeerNames } from './peer-names.ts';

export interface NamedEvent {
  /** ISO 8601 */
  readonly time: string;
  readonly node: string;
  readonly verdict: Verdict;
  /** Stable name of the reason, e.g. `POLICY` */
  readonly reason: string;
  readonly text: string;
  readonly direction: Direction;
  /** `namespace/name` of the pod whose interface the packet was at. */
  readonly pod: string;
  /** `namespace/name` of a pod, `service namespace/name`, `node name`, else an address. */
  readonly peer: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  /** The destination's port; 0 for a protocol without ports. */
  readonly port: number;
  readonly sourcePort: number;
  /** Policies that isolate the pod in this direction, none of which allows the packet. Empty where no policy has to do with it. */
  readonly policies: readonly string[];
  /** Rules that allow it, as they are now. Empty for a drop, and where no policy isolates the pod in the direction in which the flow was opened. */
  readonly allowedBy: readonly AllowingRule[];
}

export interface EventWords {
  readonly node: string;
  readonly compiler: Compiler;
  readonly peers: PeerNames;
  /** Milliseconds since the epoch at CLOCK_MONOTONIC 0. */
  readonly bootTime: number;
}

const OTHER_PROTOCOLS: Readonly<Record<number, string>> = { 1: 'ICMP', 2: 'IGMP', 47: 'GRE', 50: 'ESP', 51: 'AH', 58: 'ICMPv6' };
/** Drops for want of a policy that allows the packet. */
const BY_POLICY: readonly (ReasonName | undefined)[] = ['POLICY', 'FLOW_CUT', 'NO_EVIDENCE', 'TRIAL', 'FRONTEND'];

/** `pod`: key of the endpoint's pod. */
export function nameEvent(event: PacketEvent, pod: string | undefined, { node, compiler, peers, bootTime }: EventWords): NamedEvent {
  const ported = hasPorts(event.protocol);
  const reason = REASONS[event.reason];
  const policies = pod === undefined ? [] : (compiler.subject(pod)?.policies[event.direction] ?? []);
  const allowed = event.verdict === 'allow' ? nameAllowed(event, reason?.name, compiler) : undefined;
  return {
    time: new Date(bootTime + Number(event.time / 1_000_000n)).toISOString(),
    node,
    verdict: event.verdict,
    reason: reason?.name ?? String(event.reason),
    text: allowed?.text ?? reason?.text ?? '',
    direction: event.direction,
    pod: pod ?? `interface ${event.ifindex}`,
    peer: peers.nameOf(event.direction === 'ingress' ? event.source : event.destination),
    source: formatAddress(event.source),
    destination: formatAddress(event.destination),
    protocol:
      PROTOCOLS.find((protocol) => PROTOCOL_NUMBER[protocol] === event.protocol) ??
      OTHER_PROTOCOLS[event.protocol] ??
      String(event.protocol),
    port: ported ? event.destinationPort : 0,
    sourcePort: ported ? event.sourcePort : 0,
    policies: BY_POLICY.includes(reason?.name) ? policies.map((policy) => policy.key) : [],
    allowedBy: allowed?.rules ?? [],
  };
}
