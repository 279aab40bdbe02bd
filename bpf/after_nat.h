/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The third station, for pods that are isolated for egress: netfilter's POST_ROUTING, where kube-proxy has chosen a backend, and before masquerade and
 * encapsulation. The true pod and the real backend stand side by side here, on a flow's first packet. */
#pragma once

#include <bpf/bpf_core_read.h>
#include "translated.h"

#define NETFILTER_DROP 0
#define NETFILTER_ACCEPT 1
#define FAMILY_IPV4 2

/* What a packet is to its connection: the lowest bits of skb->_nfct (enum ip_conntrack_info). */
#define CT_INFO 7ul
#define CT_ESTABLISHED 0
#define CT_NEW 2
#define CT_FIRST_REPLY 3
#define CT_LAST_REPLY 4

/* Pods whose interface is known: address → interface index. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct address);
	__type(value, __u32);
} local_pods SEC(".maps");

/* struct nf_conntrack_tuple as it lies in memory: `are_tuples_as_known` holds the kernel's to it. */
struct tuple {
	__u32 source[4];
	__be16 source_port;
	__u16 family;
	__u32 destination[4];
	__be16 destination_port;
	__u8 protocol;
	__u8 direction;
};

/* A packet in the original direction of its flow: the pod asks for `asked`, and `real` will get it. */
struct forwarded {
	struct address pod;
	struct address asked;
	struct address real;
	__be16 pod_port;
	__be16 asked_port;
	__be16 real_port;
	__u8 protocol;
	__u8 rewritten;
	__u8 answered; /* packets have gone through in both directions */
	__u8 routed_discovery; /* a message of IPv6 discovery that leaves its link */
};

/* A connection's two tuples as they lie in struct nf_conn, one in each of its hash nodes. */
struct tuples {
	struct tuple original;
	__u64 hash_node[2];
	struct tuple reply;
};

extern int bpf_dynptr_from_skb(struct sk_buff *skb, __u64 flags, struct bpf_dynptr *dynptr) __ksym __weak;

static __always_inline void address_from_words(struct address *address, const __u32 *words, bool ipv4)
{
	if (ipv4)
		address_from_ipv4(address, words[0]);
	else
		__builtin_memcpy(address, words, sizeof(*address));
}

/* Where this is not dead code the verifier refuses the program, and Services are judged at from_pod. */
static __always_inline void refuse_to_load(void)
{
	*(volatile __u32 *)sizeof(__u32) = 0;
}

static __always_inline bool are_tuples_as_known(void)
{
	return bpf_core_type_size(struct nf_conntrack_tuple_hash) == __builtin_offsetof(struct tuples, reply) &&
	       bpf_core_type_size(struct nf_conntrack_tuple) == sizeof(struct tuple) &&
	       bpf_core_field_offset(struct nf_conntrack_tuple, src.l3num) ==
		       __builtin_offsetof(struct tuple, family) &&
	       bpf_core_field_offset(struct nf_conntrack_tuple, dst.u3) ==
		       __builtin_offsetof(struct tuple, destination) &&
	       bpf_core_field_offset(struct nf_conntrack_tuple, dst.protonum) ==
		       __builtin_offsetof(struct tuple, protocol);
}

/* From the kernel's conntrack. False where it is no flow that could concern us. */
static __always_inline bool read_tracked(unsigned long nfct, struct forwarded *flow)
{
	struct nf_conn *ct = (struct nf_conn *)(nfct & ~CT_INFO);
	struct tuples tuples;
	struct tuple *original = &tuples.original, *reply = &tuples.reply;
	bool ipv4;

	if (!are_tuples_as_known())
		refuse_to_load();
	if (bpf_probe_read_kernel(&tuples, sizeof(tuples),
				  __builtin_preserve_access_index(&ct->tuplehash[CT_ORIGINAL].tuple)))
		return false;
	flow->protocol = original->protocol;
	flow->rewritten =
		(original->destination[0] ^ reply->source[0]) | (original->destination[1] ^ reply->source[1]) |
			(original->destination[2] ^ reply->source[2]) | (original->destination[3] ^ reply->source[3]) ||
		(has_ports(original->protocol) && original->destination_port != reply->source_port);
	flow->answered = (nfct & CT_INFO) == CT_ESTABLISHED;
	/* A flow that goes where it was sent was judged at from_pod, unless that could not know so on its first packet. */
	if (!flow->rewritten && flow->answered)
		return false;
	ipv4 = original->family == FAMILY_IPV4;
	address_from_words(&flow->pod, original->source, ipv4);
	address_from_words(&flow->asked, original->destination, ipv4);
	address_from_words(&flow->real, reply->source, ipv4);
	flow->pod_port = original->source_port;
	flow->asked_port = has_ports(original->protocol) ? original->destination_port : bpf_htons(ECHO_BY_POD);
	flow->real_port = has_ports(original->protocol) ? reply->source_port : 0;
	return true;
}

static __always_inline bool read_ports(struct bpf_dynptr *packet, __u32 at, struct forwarded *flow)
{
	__be16 ports[2];

	if (!has_ports(flow->protocol) || bpf_dynptr_read(ports, sizeof(ports), packet, at, 0))
		return false;
	flow->pod_port = ports[0];
	flow->asked_port = flow->real_port = ports[1];
	return true;
}

/* from_pod lets pods talk to neighbours, since it cannot tell which addresses are on the link. A router counts the hop limit down. */
static __always_inline bool is_routed_discovery(struct bpf_dynptr *packet, __u32 at, __u8 hop_limit)
{
	__u8 type[4];

	return hop_limit != 255 && !bpf_dynptr_read(type, sizeof(type), packet, at, 0) &&
	       type[0] >= ROUTER_SOLICITATION && type[0] <= REDIRECT;
}

/* From the packet, where nothing is tracked: then nobody rewrites either. False for what has no ports, so can be no frontend's. Later fragments come to
 * nothing without their first. */
static __always_inline bool read_untracked(struct bpf_nf_ctx *context, struct forwarded *flow)
{
	struct bpf_dynptr packet;
	bool done = false;

	if (bpf_dynptr_from_skb(context->skb, 0, &packet))
		return false;
	if (context->state->pf == FAMILY_IPV4) {
		struct iphdr ip;

		if (bpf_dynptr_read(&ip, sizeof(ip), &packet, 0, 0) || (ip.frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET)))
			return false;
		flow->protocol = ip.protocol;
		address_from_ipv4(&flow->pod, ip.saddr);
		address_from_ipv4(&flow->asked, ip.daddr);
		done = read_ports(&packet, ip.ihl * 4, flow);
	} else {
		__u32 at = sizeof(struct ipv6hdr);
		struct ipv6hdr ip;
		__u8 header[4];

		if (bpf_dynptr_read(&ip, sizeof(ip), &packet, 0, 0))
			return false;
		flow->protocol = ip.nexthdr;
		__builtin_memcpy(&flow->pod, &ip.saddr, sizeof(flow->pod));
		__builtin_memcpy(&flow->asked, &ip.daddr, sizeof(flow->asked));
		for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
			if (has_ports(flow->protocol) || flow->protocol == PROTOCOL_ICMPV6)
				break;
			if (bpf_dynptr_read(header, sizeof(header), &packet, at, 0))
				return false;
			if (!is_extension_header(flow->protocol))
				return false;
			if (flow->protocol == HEADER_FRAGMENT && (header[2] | (header[3] & 0xf8)))
				return false;
			at += extension_length(flow->protocol, header[1]);
			flow->protocol = header[0];
		}
		if (flow->protocol == PROTOCOL_ICMPV6)
			done = flow->routed_discovery = is_routed_discovery(&packet, at, ip.hop_limit);
		else
			done = read_ports(&packet, at, flow);
	}
	flow->real = flow->asked;
	flow->rewritten = false;
	flow->answered = false;
	return done;
}

/* An endpoint that is isolated for egress (or held). */
struct sender {
	const struct endpoint_config *config;
	__u64 word;
	__u32 ifindex;
};

static __always_inline bool find_sender(const struct address *pod, struct sender *sender)
{
	__u32 *ifindex = bpf_map_lookup_elem(&local_pods, pod);
	__u32 id;

	if (!ifindex)
		return false;
	sender->ifindex = *ifindex;
	sender->word = find_endpoint_word(*ifindex);
	id = sender->word;
	if (id == CONFIG_OPEN || id == CONFIG_UNSET)
		return false;
	sender->config = bpf_map_lookup_elem(&configs, &id);
	return sender->config && sender->config->flags & (ENDPOINT_ISOLATED_EGRESS | ENDPOINT_HELD);
}

/* As the sender sent it. */
static __always_inline void restore_packet(struct packet *packet, const struct sender *sender,
					   const struct forwarded *flow)
{
	packet->direction = EGRESS;
	packet->generation = sender->word >> 32;
	packet->endpoint = sender->config->endpoint;
	packet->counters = sender->config->counters;
	packet->protocol = flow->protocol;
	packet->local = flow->pod;
	packet->flow.remote = flow->asked;
	packet->flow.ports = (__u32)flow->asked_port << 16 | flow->pod_port;
	set_scope(packet);
}

STEP int judge_forwarded(const struct forwarded *flow, __u32 length)
{
	struct runtime *clock = get_runtime();
	struct sender sender;

	/* Most packets are of others: nothing more is made ready for them. */
	if (!flow || !clock || !find_sender(&flow->pod, &sender))
		return PASS;

	const struct endpoint_config *config = sender.config;
	struct decision decision = {};
	struct packet packet = {};
	struct kernel_flow really = {};
	__u64 now, state = 0;
	struct flow *row;

	restore_packet(&packet, &sender, flow);
	if (flow->routed_discovery)
		return conclude(&packet, DENY, REASON_DISCOVERY, sender.ifindex, length);
	if (!flow->rewritten && !look_up_frontend(&packet, false))
		return PASS;
	now = bpf_jiffies64();
	row = find_flow(&packet, now, clock->jiffies_per_second, &state);
	/* A row stands for a backend only where it says so, and only for the one that has answered. */
	if (row && flow->answered && (state & STATE_REWRITTEN) && (state & STATE_GENERATION) == packet.generation &&
	    !(config->flags & ENDPOINT_HELD))
		return PASS;
	really.opened = EGRESS;
	really.peer = flow->real;
	really.port = flow->real_port;
	if (config->flags & ENDPOINT_HELD)
		decide(&decision, DENY, REASON_HELD, 0);
	else
		judge_real_peer(&packet, config, &really, &decision);
	if (decision.verdict == DENY && row && (state & STATE_REWRITTEN))
		decision.reason = REASON_FLOW_CUT;
	/* Only in a row that from_pod has made: packets with the pod's address can come from elsewhere too. */
	if (row && decision.verdict != DENY)
		update_flow(
			row, state,
			make_state(packet.generation, EGRESS, status_of(state), flow->rewritten ? STATE_REWRITTEN : 0),
			now);
	else if (row && (state & STATE_GENERATION) == GENERATION_NEVER)
		bpf_map_delete_elem(&conntrack, &packet.flow);
	/* Told as what it is: a packet to the backend. */
	packet.flow.remote = flow->real;
	packet.flow.remote_port = flow->real_port;
	return conclude(&packet, decision.verdict, decision.verdict == WOULD_DENY ? REASON_TRIAL : decision.reason,
			sender.ifindex, length);
}

static __always_inline int judge_after_nat(struct bpf_nf_ctx *context)
{
	unsigned long nfct = context->skb->_nfct;
	unsigned long info = nfct & CT_INFO;
	struct forwarded flow = {};

	if (info == CT_FIRST_REPLY || info == CT_LAST_REPLY)
		return PASS;
	if (nfct & ~CT_INFO ? !read_tracked(nfct, &flow) : !read_untracked(context, &flow))
		return PASS;
	/* Such a source ends with the link, yet a bridge that rewrites carries it on. Whose it is cannot be told, nor can answers find the way back. */
	if (flow.rewritten && context->skb->skb_iif &&
	    (address_is_link_local(&flow.pod) || address_is_unspecified(&flow.pod)))
		return DROP;
	return judge_forwarded(&flow, context->skb->len);
}
