/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The verdict on a packet that no plain hit explains: openings, misses, rows of an older generation. */
#pragma once

#include "translated.h"

static __always_inline __u32 judge_opening(const struct packet *packet, const struct endpoint_config *config,
					   __u32 identity, enum direction opened)
{
	/* Ports always mean the port of the side that was opened to. ICMP has none: its key's words are no ports. */
	bool icmp = packet->protocol == IPPROTO_ICMP || packet->protocol == PROTOCOL_ICMPV6;
	__u64 ports = packet->flow.ports;
	__u64 verdict;

	if (opened == EGRESS) {
		verdict = judge(&config->direction[EGRESS], identity, packet->protocol, icmp ? 0 : ports >> 16);
		/* Two calls, each with its own pointer: see choose_address. */
		barrier_var(verdict);
	} else {
		verdict = judge(&config->direction[INGRESS], identity, packet->protocol, icmp ? 0 : ports & 0xffff);
	}
	return verdict;
}

static __always_inline enum direction other(enum direction direction)
{
	return direction == INGRESS ? EGRESS : INGRESS;
}

/* A pod that ran open before it was isolated, or before the agent's first start, may have flows that nobody recorded. */
static __always_inline bool in_take_over(const struct endpoint_config *config)
{
	return config->take_over_until && bpf_ktime_get_ns() < config->take_over_until;
}

/* The first second of two minutes, for answers that were on their way. */
#define DATAGRAM_WINDOW_ENDS (119 * 1000000000ull)

static __always_inline bool in_take_over_of_datagrams(const struct endpoint_config *config)
{
	return config->take_over_until && bpf_ktime_get_ns() + DATAGRAM_WINDOW_ENDS < config->take_over_until;
}

static __always_inline bool is_syn_ack(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

/* Who opened a flow that is met on its way? A SYN-ACK tells, and the kernel's conntrack where it is used; else the side with the lower port is taken for
 * the server. */
static __always_inline enum direction guess_opener(const struct packet *packet, const struct kernel_flow *kernel)
{
	__u32 local = bpf_ntohs(packet->flow.local_port), remote = bpf_ntohs(packet->flow.remote_port);

	if (is_syn_ack(packet))
		return other(packet->direction);
	if (kernel->known)
		return kernel->opened;
	return local == remote ? packet->direction : local < remote ? INGRESS : EGRESS;
}

/* One end below the ports that systems give to clients (32768 and above, net.ipv4.ip_local_port_range), the other among them. */
static __always_inline bool has_clear_server(const struct packet *packet)
{
	return (bpf_ntohs(packet->flow.local_port) ^ bpf_ntohs(packet->flow.remote_port)) & 0x8000;
}

/* A flow without a row, or an opening. */
STEP int judge_unknown(struct __sk_buff *skb, const struct packet *packet, const struct endpoint_config *config,
		       __u32 identity, struct decision *decision)
{
	struct kernel_flow kernel = {};
	/* As wide as a slot of the stack: without CAP_PERFMON the verifier does not take half a slot where a pointer lay before. */
	__u64 own, opener, mine, theirs, tcp, window, reply;

	if (!packet || !config || !decision)
		return 0;
	own = packet->direction;
	tcp = packet->protocol == IPPROTO_TCP;
	decision->opened = own;
	/* The pod's SYN-ACK says itself that the peer opened. */
	if (own == EGRESS && is_syn_ack(packet)) {
		mine = judge_opening(packet, config, identity, INGRESS);
		if (mine != DENY) {
			decision->opened = INGRESS;
			decide(decision, mine, REASON_ALLOWED, 0);
			return 0;
		}
	}
	mine = judge_opening(packet, config, identity, own);
	decide(decision, mine, mine == DENY ? REASON_POLICY : REASON_ALLOWED, 0);
	if (packet->opening || (!tcp && packet->protocol != IPPROTO_UDP))
		return 0;
	window = in_take_over(config);
	barrier_var(window);
	if (!tcp && !window && mine != DENY)
		return 0;
	theirs = judge_opening(packet, config, identity, other(own));
	if (theirs == DENY && mine == DENY)
		return 0;
	ask_kernel(skb, packet, &kernel);
	opener = guess_opener(packet, &kernel);
	if ((kernel.known || window) && (opener == own ? mine : theirs) == DENY) {
		/* Its opener may not open it: it must not live on as one that the other side opened, which its next packet would make it. A datagram
		 * may open a flow of its own at any time: it passes where the policy lets it, and explains nothing. */
		decision->record = RECORD_NOTHING;
		if (tcp && window) {
			decision->opened = opener;
			decision->record = RECORD_CUT;
			decide(decision, DENY, REASON_FLOW_CUT, 0);
		}
		return 0;
	}
	if (mine != DENY) {
		if (tcp)
			decision->opened = opener;
		return 0;
	}
	/* The policy allows the opposite opening. Is this its reply? Out of the pod, TCP needs no proof: such a segment opens nothing. Into the pod it
	 * does, or stray segments from anyone would reach every pod whose egress is open. UDP always needs it. */
	if (kernel.known)
		reply = true;
	else if (tcp)
		reply = own == EGRESS || window;
	else
		reply = opener != own && has_clear_server(packet) && in_take_over_of_datagrams(config);
	if (reply) {
		decide(decision, theirs, REASON_REPLY, 0);
		decision->opened = other(own);
		if (!tcp && !kernel.known)
			decision->record = RECORD_NOTHING;
	} else if (tcp) {
		decision->reason = REASON_NO_EVIDENCE;
	}
	return 0;
}

/* A row of an older generation: judged again in the direction in which the flow was opened. */
static __always_inline void judge_again(const struct packet *packet, const struct endpoint_config *config,
					__u32 identity, __u64 state, struct decision *decision)
{
	__u32 verdict;

	decision->opened = opened_direction(state);
	verdict = judge_opening(packet, config, identity, decision->opened);
	decide(decision, verdict, verdict == DENY ? REASON_FLOW_CUT : REASON_ALLOWED, 0);
}

static __always_inline int conclude_decision(struct __sk_buff *skb, const struct packet *packet,
					     const struct decision *decision)
{
	return conclude(packet, decision->verdict, decision->verdict == WOULD_DENY ? REASON_TRIAL : decision->reason,
			skb->ifindex, skb->len);
}

/* What the node may say to the pod is not for others who use its tuple. And the pod's SYN-ACK answers an opening that left no trace: whatever stands there is
 * of an earlier flow. */
static __always_inline bool may_explain(const struct __sk_buff *skb, const struct packet *packet, __u64 state)
{
	if (packet->direction == INGRESS)
		return !(state & STATE_NODE) || is_from_node(skb, packet);
	return !is_syn_ack(packet);
}

STEP int judge_flow(struct __sk_buff *skb, struct packet *packet, const struct endpoint_config *config)
{
	struct runtime *clock = get_runtime();
	__u64 now = bpf_jiffies64();
	struct decision decision = {};
	struct identity_row peer;
	__u64 state = 0, next;
	struct flow *flow = NULL;
	__u32 status;
	int who;

	if (!clock || !packet || !config)
		return DROP;
	/* An opening is judged whatever the table says. */
	if (!packet->opening)
		flow = find_flow(packet, now, clock->jiffies_per_second, &state);
	if (flow && !may_explain(skb, packet, state)) {
		flow = NULL;
		state = 0;
	}
	if (flow && (state & STATE_GENERATION) == packet->generation && !(config->flags & ENDPOINT_HELD) &&
	    !is_doubtful(packet, state)) {
		if (packet->fragment != FRAGMENT_LATER)
			update_flow(flow, state, next_state(packet, state), now);
		return PASS;
	}
	/* The pod to itself, through a hairpin: by its own interface in and out. Over IPv6 the pod's kernel would take such a packet from anywhere. */
	if (is_own_address(config, &packet->flow.remote) && is_own_address(config, &packet->local) &&
	    (packet->direction == EGRESS || skb->ingress_ifindex == skb->ifindex))
		return PASS;

	peer = find_identity(&packet->flow.remote);
	decision.opened = flow ? opened_direction(state) : packet->direction;
	who = judge_translated(skb, packet, config, hints_of(&peer, flow ? state : 0), &decision);
	if ((config->flags & ENDPOINT_HELD) && !(who == WHO_DECIDED && decision.reason == REASON_NODE)) {
		decide(&decision, DENY, REASON_HELD, 0);
	} else if (who == WHO_LATER) {
		/* What after_nat allows it writes into this row. Where there is none, somebody else sends with the pod's address. */
		if (!flow && packet->fragment != FRAGMENT_LATER)
			record_flow(packet,
				    make_state(GENERATION_NEVER, EGRESS, next_status(packet, STATUS_OPENING), 0), now);
		return PASS;
	} else if (who == WHO_DECIDED) {
		if (flow && decision.verdict == DENY && decision.reason == REASON_POLICY)
			decision.reason = REASON_FLOW_CUT;
	} else if (flow) {
		judge_again(packet, config, peer.identity, state, &decision);
	} else {
		judge_unknown(skb, packet, config, peer.identity, &decision);
	}

	if (packet->fragment == FRAGMENT_LATER) {
		/* Its first has recorded what there is to record. */
	} else if (decision.record == RECORD_CUT) {
		record_flow(packet, make_state(GENERATION_NEVER, decision.opened, STATUS_SETTLED, 0), now);
	} else if (decision.verdict != DENY && decision.record == RECORD_ALLOWED) {
		status = next_status(packet, flow ? status_of(state) : STATUS_OPENING);
		next = make_state(packet->generation, decision.opened, status, decision.flags);
		if (flow)
			update_flow(flow, state, next, now);
		else if (packet->protocol != IPPROTO_TCP || packet->direction == EGRESS || !packet->opening)
			/* An inbound SYN leaves no row, so a flood of them leaves nothing behind: the pod's SYN-ACK records. An older row of the
			 * tuple is replaced. */
			record_flow(packet, next, now);
	}
	return conclude_decision(skb, packet, &decision);
}
