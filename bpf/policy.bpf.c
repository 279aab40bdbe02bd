// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* A packet's way, from top to bottom. from_pod runs at TC ingress of a pod's host-side interface, to_pod at TC egress,
 * after_nat where the node forwards, once kube-proxy has rewritten. */

#include "after_nat.h"
#include "fragment.h"
#include "icmp_error.h"
#include "judge.h"
#include "neighbour.h"

/* ARP and IPv6 discovery: the reason for which a message must not pass, or REASON_ALLOWED. */
static __always_inline __u32 check_manners(struct __sk_buff *skb, const struct packet *packet,
					   const struct endpoint_config *config)
{
	bool out = packet->direction == EGRESS;
	bool check = config->flags & ENDPOINT_SOURCE_CHECK;

	if (packet->kind == KIND_ARP)
		return out && check && !is_own_arp(skb, packet, config) ? REASON_SPOOFED_ARP : REASON_ALLOWED;
	if (out)
		return (check || is_isolated(config, EGRESS)) && !may_send_discovery(skb, packet, config)
			       ? REASON_DISCOVERY
			       : REASON_ALLOWED;
	return is_isolated(config, INGRESS) && !may_receive_discovery(packet) ? REASON_DISCOVERY : REASON_ALLOWED;
}

/* The source check, for whatever has a source. */
static __always_inline __u32 check_source(const struct packet *packet, const struct endpoint_config *config)
{
	if (packet->direction == INGRESS || !(config->flags & ENDPOINT_SOURCE_CHECK) || !packet->addressed)
		return REASON_ALLOWED;
	if (unlikely(packet->ipv6 && address_is_ipv4(&packet->local)))
		return REASON_MAPPED_ADDRESS;
	return likely(is_own_source(packet, config)) ? REASON_ALLOWED : REASON_SPOOFED_SOURCE;
}

/* What is not plain IP with TCP or UDP: tags, options, extension headers, fragments, ICMP, discovery, other protocols, and what cannot be read. */
STEP int handle_rest(struct __sk_buff *skb, struct packet *packet, const struct endpoint_config *config)
{
	struct runtime *clock = get_runtime();
	__u32 reason = REASON_ALLOWED;
	bool isolated;
	int fate;

	if (!packet || !config || !clock)
		return DROP;
	parse_rest(skb, packet);
	if (packet->kind == KIND_ARP || packet->kind == KIND_DISCOVERY)
		reason = check_manners(skb, packet, config);
	if (reason == REASON_ALLOWED)
		reason = check_source(packet, config);
	if (reason != REASON_ALLOWED)
		return conclude(packet, DENY, reason, skb->ifindex, skb->len);
	if (packet->kind == KIND_ARP || packet->kind == KIND_DISCOVERY || packet->kind == KIND_MEMBERSHIP)
		return PASS;
	if (!(config->flags & (ENDPOINT_ISOLATED | ENDPOINT_HELD)))
		return PASS;

	isolated = is_isolated(config, packet->direction) || (config->flags & ENDPOINT_HELD);
	if (packet->kind == KIND_UNREADABLE)
		return isolated ? conclude(packet, DENY, packet->reason, skb->ifindex, skb->len) : PASS;
	if (has_mapped_address(packet))
		return isolated ? conclude(packet, DENY, REASON_MAPPED_ADDRESS, skb->ifindex, skb->len) : PASS;
	if (packet->kind == KIND_ICMP_ERROR)
		return judge_icmp_error(skb, packet, config);
	if (packet->fragment == FRAGMENT_LATER) {
		__u32 reason = recall_fragment(packet, clock->jiffies_per_second);

		if (reason != REASON_ALLOWED)
			return isolated ? conclude(packet, DENY, reason, skb->ifindex, skb->len) : PASS;
	}
	set_scope(packet);
	fate = judge_flow(skb, packet, config);
	if (packet->fragment == FRAGMENT_FIRST)
		remember_fragment(packet, fate != DROP);
	return fate;
}

static __always_inline int handle(struct __sk_buff *skb, enum direction direction)
{
	__u64 word = find_endpoint_word(skb->ifindex);
	const struct endpoint_config *config;
	struct flow *flow;
	__u32 id = word;
	__u32 reason;

	if (likely(id == CONFIG_OPEN))
		return PASS;
	config = bpf_map_lookup_elem(&configs, &id);
	if (unlikely(id == CONFIG_UNSET || !config))
		return drop_unset(skb, direction);
	if (direction == INGRESS && !(config->flags & (ENDPOINT_ISOLATED | ENDPOINT_HELD)))
		return PASS;

	barrier();
	struct packet packet = {
		.direction = direction,
		.generation = word >> 32,
		.endpoint = config->endpoint,
		.counters = config->counters,
	};

	if (unlikely(!parse_plain(skb, &packet)))
		return handle_rest(skb, &packet, config);
	reason = check_source(&packet, config);
	if (unlikely(reason != REASON_ALLOWED))
		return conclude(&packet, DENY, reason, skb->ifindex, skb->len);
	if (!(config->flags & (ENDPOINT_ISOLATED | ENDPOINT_HELD)))
		return PASS;

	set_scope(&packet);
	if (likely(!packet.opening && !(config->flags & ENDPOINT_HELD))) {
		flow = bpf_map_lookup_elem(&conntrack, &packet.flow);
		if (likely(flow && is_plain_hit(&packet, flow, bpf_jiffies64(), is_from_node(skb, &packet))))
			return PASS;
	}
	return judge_flow(skb, &packet, config);
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

SEC("netfilter")
int after_nat(struct bpf_nf_ctx *context)
{
	return judge_after_nat(context) == DROP ? NETFILTER_DROP : NETFILTER_ACCEPT;
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
