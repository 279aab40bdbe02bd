/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The verdict on an ICMP error: it passes where the packet that it quotes would. */
#pragma once

#include "judge.h"

/* The packet that an ICMP error quotes, seen as what it was: it went the other way. */
STEP int parse_quoted(struct __sk_buff *skb, const struct packet *error, struct packet *quoted)
{
	if (!error || !quoted)
		return false;
	quoted->endpoint = error->endpoint;
	quoted->counters = error->counters;
	quoted->generation = error->generation;
	quoted->direction = other(error->direction);
	quoted->kind = KIND_FLOW;
	quoted->l3 = error->l4 + 8;
	if (error->ipv6) {
		struct ipv6hdr ip;

		if (bpf_skb_load_bytes(skb, quoted->l3, &ip, sizeof(ip)) || ip.version != 6)
			return false;
		set_ipv6_addresses(quoted, &ip.saddr, &ip.daddr);
		if (has_mapped_address(quoted))
			return false;
		quoted->protocol = ip.nexthdr;
		quoted->l4 = quoted->l3 + sizeof(ip);
		for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
			struct {
				__u8 next;
				__u8 length;
				__be16 offset; /* fragment header only */
			} extension;

			if (!is_extension_header(quoted->protocol))
				break;
			if (bpf_skb_load_bytes(skb, quoted->l4, &extension, sizeof(extension)))
				return false;
			if (quoted->protocol == HEADER_FRAGMENT && (extension.offset & bpf_htons(0xfff8)))
				return false;
			quoted->l4 += extension_length(quoted->protocol, extension.length);
			quoted->protocol = extension.next;
		}
	} else {
		struct iphdr ip;

		if (bpf_skb_load_bytes(skb, quoted->l3, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5 ||
		    (ip.frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET)))
			return false;
		set_ipv4_addresses(quoted, ip.saddr, ip.daddr);
		quoted->protocol = ip.protocol;
		quoted->l4 = quoted->l3 + ip.ihl * 4;
	}
	/* RFC 792 promises eight bytes of the transport header: the ports, or an echo's type and identifier. */
	struct {
		__u32 ports;
		__be16 id;
		__be16 sequence;
	} start;

	if (quoted->l4 + sizeof(start) > error->end || bpf_skb_load_bytes(skb, quoted->l4, &start, sizeof(start)))
		return false;
	if (quoted->protocol == (error->ipv6 ? PROTOCOL_ICMPV6 : IPPROTO_ICMP)) {
		__u8 type = bpf_ntohl(start.ports) >> 24;
		bool request = type == (error->ipv6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO_REQUEST);

		if (!request && type != (error->ipv6 ? ICMPV6_ECHO_REPLY : ICMP_ECHO_REPLY))
			return false;
		quoted->flow.local_port = start.id;
		quoted->flow.remote_port =
			bpf_htons((quoted->direction == EGRESS) == request ? ECHO_BY_POD : ECHO_BY_PEER);
	} else if (quoted->protocol == IPPROTO_TCP || quoted->protocol == IPPROTO_UDP ||
		   quoted->protocol == PROTOCOL_SCTP) {
		set_ports(quoted, start.ports);
	}
	return true;
}

/* An ICMP error passes where the packet that it quotes would. It records nothing. */
STEP int judge_icmp_error(struct __sk_buff *skb, struct packet *error, const struct endpoint_config *config)
{
	struct decision decision = { .verdict = DENY, .reason = REASON_ICMP_UNRELATED };
	struct runtime *clock = get_runtime();
	struct packet quoted = {};
	struct identity_row peer;
	struct flow *flow;
	__u64 state = 0;
	int who;

	if (!error || !config || !clock)
		return DROP;
	if (!is_isolated(config, error->direction) && !(config->flags & ENDPOINT_HELD))
		return PASS;
	/* The pod itself, as in judge_flow; and the node's own word, such as its refusal of a Service without endpoints. */
	if (is_own_address(config, &error->flow.remote) && is_own_address(config, &error->local) &&
	    (error->direction == EGRESS || skb->ingress_ifindex == skb->ifindex))
		return PASS;
	peer = find_identity(&error->flow.remote);
	if ((peer.flags & IDENTITY_OWN_NODE) && is_from_node(skb, error))
		return PASS;
	if (!parse_quoted(skb, error, &quoted) || !is_own_address(config, &quoted.local))
		return conclude_decision(skb, error, &decision);
	/* Out of a pod, the error must go to the one whose packet it quotes. */
	if (error->direction == EGRESS && !address_equal(&quoted.flow.remote, &error->flow.remote))
		return conclude_decision(skb, error, &decision);
	peer = find_identity(&quoted.flow.remote);
	/* About the own node, and the pod itself. */
	if ((peer.flags & IDENTITY_OWN_NODE) || is_own_address(config, &quoted.flow.remote))
		return PASS;
	if (config->flags & ENDPOINT_HELD)
		return conclude_decision(skb, error, &decision);
	set_scope(&quoted);
	flow = find_flow(&quoted, bpf_jiffies64(), clock->jiffies_per_second, &state);
	decision.opened = flow ? opened_direction(state) : quoted.direction;
	if (flow && (state & STATE_GENERATION) == quoted.generation)
		return PASS;
	who = judge_translated(skb, &quoted, config, hints_of(&peer, flow ? state : 0), &decision);
	if (who == WHO_IT_SAYS && flow)
		judge_again(&quoted, config, peer.identity, state, &decision);
	else if (who == WHO_IT_SAYS)
		judge_unknown(skb, &quoted, config, peer.identity, &decision);
	if (decision.verdict == DENY)
		decision.reason = REASON_ICMP_UNRELATED;
	return conclude_decision(skb, error, &decision);
}
