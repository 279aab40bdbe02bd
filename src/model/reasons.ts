/** Why a packet passed or not: the numbers of bpf/reasons.h (a test compares the two), with names for machines and texts for people. */

import type { Verdict } from './verdict.ts';

export const REASONS = [
  { name: 'ALLOWED', text: 'allowed by policy' },
  { name: 'POLICY', text: 'no policy allows it' },
  { name: 'FLOW_CUT', text: 'the flow is no longer allowed' },
  { name: 'NO_EVIDENCE', text: 'TCP segment of a connection that the pod did not open' },
  { name: 'SPOOFED_SOURCE', text: "source address is not the pod's" },
  { name: 'SPOOFED_ARP', text: "ARP sender address is not the pod's" },
  { name: 'DISCOVERY', text: 'IPv6 discovery message that is not allowed here' },
  { name: 'NOT_IP', text: 'neither IP nor ARP' },
  { name: 'MALFORMED', text: 'malformed packet' },
  { name: 'TRUNCATED', text: 'packet ends inside its headers' },
  { name: 'MAPPED_ADDRESS', text: 'IPv6 packet with an IPv4-mapped address' },
  { name: 'FRAGMENT_ORPHAN', text: 'fragment without its first fragment' },
  { name: 'FRAGMENT_OVERLAP', text: 'fragment that overlaps the transport header' },
  { name: 'ICMP_UNRELATED', text: 'ICMP error about no allowed flow' },
  { name: 'HELD', text: 'the pod has not been evaluated yet' },
  { name: 'UNSET', text: 'no configuration for this interface' },
  { name: 'NODE', text: "traffic with the pod's own node" },
  { name: 'TRIAL', text: 'would be denied by a policy on trial' },
  { name: 'REPLY', text: 'adopted as the reply to an allowed opening' },
  { name: 'FRONTEND', text: 'a Service whose endpoints are not all allowed' },
] as const;

/** Of packets that passed. All other reasons are of drops. */
const PASSED: Readonly<Partial<Record<ReasonName, Verdict>>> = { ALLOWED: 'allow', NODE: 'allow', REPLY: 'allow', TRIAL: 'would-deny' };

export function verdictOf(reason: ReasonName): Verdict {
  return PASSED[reason] ?? 'deny';
}

export type ReasonName = (typeof REASONS)[number]['name'];

/** Counters are kept for this many reasons (REASON_SLOTS). */
export const REASON_SLOTS = 20;

export function reasonNumber(name: ReasonName): number {
  return REASONS.findIndex((reason) => reason.name === name);
}
