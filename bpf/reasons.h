/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Why a packet passed or not: numbers, names and texts. src/model/reasons.ts holds the same table; a test compares them. */
#pragma once

#define REASONS(REASON)                                                                 \
	REASON(0, ALLOWED, "allowed by policy")                                         \
	REASON(1, POLICY, "no policy allows it")                                        \
	REASON(2, FLOW_CUT, "the flow is no longer allowed")                            \
	REASON(3, NO_EVIDENCE, "TCP segment of a connection that the pod did not open") \
	REASON(4, SPOOFED_SOURCE, "source address is not the pod's")                    \
	REASON(5, SPOOFED_ARP, "ARP sender address is not the pod's")                   \
	REASON(6, DISCOVERY, "IPv6 discovery message that is not allowed here")         \
	REASON(7, NOT_IP, "neither IP nor ARP")                                         \
	REASON(8, MALFORMED, "malformed packet")                                        \
	REASON(9, TRUNCATED, "packet ends inside its headers")                          \
	REASON(10, MAPPED_ADDRESS, "IPv6 packet with an IPv4-mapped address")           \
	REASON(11, FRAGMENT_ORPHAN, "fragment without its first fragment")              \
	REASON(12, FRAGMENT_OVERLAP, "fragment that overlaps the transport header")     \
	REASON(13, ICMP_UNRELATED, "ICMP error about no allowed flow")                  \
	REASON(14, HELD, "the pod has not been evaluated yet")                          \
	REASON(15, UNSET, "no configuration for this interface")                        \
	REASON(16, NODE, "traffic with the pod's own node")                             \
	REASON(17, TRIAL, "would be denied by a policy on trial")                       \
	REASON(18, REPLY, "adopted as the reply to an allowed opening")                 \
	REASON(19, FRONTEND, "a Service whose endpoints are not all allowed")

/* Counters are kept for this many reasons. */
#define REASON_SLOTS 20

#define REASON_ENUM(number, name, text) REASON_##name = number,
enum reason { REASONS(REASON_ENUM) };
