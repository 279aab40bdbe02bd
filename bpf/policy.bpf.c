// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A packet's way, from top to bottom. from_pod runs at TC ingress of a pod's host-side interface, to_pod at TC egress. */

#include "fragment.h"
#include "judge.h"
#include "neighbour.h"

/* The reason for which a packet that is no plain flow must not pass here, or REASON_ALLOWED. */
static __always_inline __u32 check_manners(struct __sk_buff *skb, const struct packet *packet,
					   const struct endpoint_config *config)
{
	bool out = packet->direction == EGRESS;
	bool check = config->flags & ENDPOINT_SOURCE_CHECK;

	switch (packet->kind) {
	case KIND_ARP:
		if (out && check && !is_own_arp(skb, packet, config))
			return REASON_SPOOFED_ARP;
		return REASON_ALLOWED;
	case KIND_DISCOVERY:
		if (out && (check || is_isolated(config, EGRESS)) && !may_send_discovery(skb, packet, config))
			return REASON_DISCOVERY;
		if (!out && is_isolated(config, INGRESS) && !may_receive_discovery(packet))
			return REASON_DISCOVERY;
		return REASON_ALLOWED;
	default:
		return REASON_ALLOWED;
	}
}

/* A parsed packet of a pod under policy, source already checked. */
STEP int judge_packet(struct __sk_buff *skb, struct packet *packet, const struct endpoint_config *config)
{
	struct runtime *clock = get_runtime();
	bool isolated;
	int fate;

	if (!clock || !packet || !config)
		return DROP;
	isolated = is_isolated(config, packet->direction) || (config->flags & ENDPOINT_HELD);
	if (packet->kind == KIND_UNREADABLE)
		return isolated ? conclude(skb, packet, DENY, packet->reason) : PASS;
	if (packet->ipv6 && (address_is_ipv4(&packet->local) || address_is_ipv4(&packet->flow.remote)))
		return isolated ? conclude(skb, packet, DENY, REASON_MAPPED_ADDRESS) : PASS;
	/* The pod to itself, through a hairpin. */
	if (is_own_address(config, &packet->local) && is_own_address(config, &packet->flow.remote))
		return PASS;
	if (packet->kind == KIND_ICMP_ERROR)
		return judge_icmp_error(skb, packet, config);
	if (packet->fragment == FRAGMENT_LATER && !recall_fragment(packet, clock->jiffies_per_second))
		return isolated ? conclude(skb, packet, DENY, REASON_FRAGMENT_ORPHAN) : PASS;
	fate = judge_flow(skb, packet, config);
	if (packet->fragment == FRAGMENT_FIRST)
		remember_fragment(packet, fate != DROP);
	return fate;
}

static __always_inline int handle(struct __sk_buff *skb, enum direction direction)
{
	__u64 word = find_endpoint_word(skb->ifindex);
	const struct endpoint_config *config;
	struct packet packet = {};
	struct flow *flow;
	__u32 id = word;
	__u32 reason;

	if (likely(id == CONFIG_OPEN))
		return PASS;
	packet.direction = direction;
	packet.generation = word >> 32;
	config = bpf_map_lookup_elem(&configs, &id);
	if (unlikely(id == CONFIG_UNSET || !config))
		return conclude(skb, &packet, DENY, REASON_UNSET);
	packet.flow.endpoint = config->endpoint;

	if (direction == INGRESS && !(config->flags & (ENDPOINT_ISOLATED | ENDPOINT_HELD)))
		return PASS;
	if (unlikely(!parse_plain(skb, &packet)))
		parse_rest(skb, &packet);

	if (packet.kind == KIND_ARP || packet.kind == KIND_DISCOVERY) {
		reason = check_manners(skb, &packet, config);
		if (reason != REASON_ALLOWED)
			return conclude(skb, &packet, DENY, reason);
		if (packet.kind == KIND_ARP)
			return PASS;
	}
	if (direction == EGRESS && (config->flags & ENDPOINT_SOURCE_CHECK) && packet.reason != REASON_NOT_IP) {
		if (unlikely(packet.ipv6 && address_is_ipv4(&packet.local)))
			return conclude(skb, &packet, DENY, REASON_MAPPED_ADDRESS);
		if (unlikely(!is_own_source(&packet, config)))
			return conclude(skb, &packet, DENY, REASON_SPOOFED_SOURCE);
	}
	if (packet.kind == KIND_DISCOVERY || packet.kind == KIND_MEMBERSHIP)
		return PASS;
	if (!(config->flags & (ENDPOINT_ISOLATED | ENDPOINT_HELD)))
		return PASS;

	if (likely(packet.kind == KIND_FLOW && !packet.opening && packet.fragment == FRAGMENT_NONE &&
		   !(config->flags & ENDPOINT_HELD))) {
		flow = bpf_map_lookup_elem(&conntrack, &packet.flow);
		if (likely(flow && is_plain_hit(&packet, flow, bpf_jiffies64())))
			return PASS;
	}
	return judge_packet(skb, &packet, config);
}

SEC("tc")
int from_pod(struct __sk_buff *skb)
{
	return handle(skb, EGRESS);
}

SEC("tc")
int to_pod(struct __sk_buff *skb)
{
	return handle(skb, INGRESS);
}

/* Run by the agent, never attached: two readings give the number of jiffies in a second. */
SEC("tc")
int read_clock(struct __sk_buff *skb)
{
	struct runtime *now = get_runtime();

	if (now) {
		now->clock_jiffies = bpf_jiffies64();
		now->clock_nanoseconds = bpf_ktime_get_ns();
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
