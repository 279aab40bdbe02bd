/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The kernel's own connection tracking, where it can be asked: who opened a flow, and who its real other end is where an address was rewritten. What it
 * does not know, or has picked up in mid-stream, is no reason to drop. */
#pragma once

#include "conntrack.h"
#include "kernel_conntrack.h"
#include "packet.h"

/* struct bpf_ct_opts of net/netfilter/nf_conntrack_bpf.c, as of 5.18. */
struct bpf_ct_opts___5_18 {
	__s32 netns_id;
	__s32 error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *skb, struct bpf_sock_tuple *tuple, __u32 tuple_size,
					 struct bpf_ct_opts___5_18 *opts, __u32 opts_size) __ksym __weak;
extern int bpf_ct_change_timeout(struct nf_conn *ct, __u32 milliseconds) __ksym __weak;
extern void bpf_ct_release(struct nf_conn *ct) __ksym __weak;

/* Written before loading. */
struct settings {
	__u32 kernel_conntrack; /* 0 removes the calls above, for kernels that lack them and agents without CAP_PERFMON */
};
const volatile struct settings settings SEC(".rodata.settings");

/* What the kernel knows of a flow. */
struct kernel_flow {
	__u32 known;
	__u32 opened; /* enum direction: who opened it */
	__u32 rewritten; /* the other end is not the one on the packet */
	struct address peer; /* the backend that a Service chose for the pod, or the client behind a masquerade */
	__be16 port; /* the peer's */
	__u16 forged; /* the peer is said to be the pod itself, which has not asked */
};

/* The peer's side of a tuple, word by word, read through the kernel's types. */
#define READ_END(flow, end, ipv4)                                          \
	do {                                                               \
		if (ipv4) {                                                \
			address_from_ipv4(&(flow)->peer, (end).u3.all[0]); \
		} else {                                                   \
			(flow)->peer.word[0] = (end).u3.all[0];            \
			(flow)->peer.word[1] = (end).u3.all[1];            \
			(flow)->peer.word[2] = (end).u3.all[2];            \
			(flow)->peer.word[3] = (end).u3.all[3];            \
		}                                                          \
		(flow)->port = (end).u.all;                                \
		barrier();                                                 \
	} while (0)

/* The flow by the tuple as the pod sees it, pod first; to be released. TCP and UDP only. */
static __always_inline struct nf_conn *look_up_kernel_flow(struct __sk_buff *skb, const struct packet *packet,
							   struct bpf_ct_opts___5_18 *opts)
{
	struct bpf_sock_tuple tuple = {};

	opts->netns_id = -1;
	opts->l4proto = packet->protocol;
	if (address_is_ipv4(&packet->local)) {
		tuple.ipv4.saddr = packet->local.word[3];
		tuple.ipv4.daddr = packet->flow.remote.word[3];
		tuple.ipv4.sport = packet->flow.local_port;
		tuple.ipv4.dport = packet->flow.remote_port;
		return bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), opts, sizeof(*opts));
	}
	__builtin_memcpy(tuple.ipv6.saddr, &packet->local, sizeof(packet->local));
	__builtin_memcpy(tuple.ipv6.daddr, &packet->flow.remote, sizeof(packet->flow.remote));
	tuple.ipv6.sport = packet->flow.local_port;
	tuple.ipv6.dport = packet->flow.remote_port;
	return bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv6), opts, sizeof(*opts));
}

static __always_inline bool can_ask_kernel(const struct packet *packet)
{
	return settings.kernel_conntrack && (packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP);
}

/* The pod's tuple is the original tuple of what the pod opened, whose reply comes from the real backend, and the reply tuple of what was opened to the
 * pod, whose original source is the true client, masqueraded or not. */
STEP int ask_kernel(struct __sk_buff *skb, const struct packet *packet, struct kernel_flow *flow)
{
	struct bpf_ct_opts___5_18 opts = {};
	struct nf_conn *ct;
	bool ipv4;

	if (!packet || !flow)
		return 0;
	flow->known = false;
	flow->rewritten = false;
	flow->forged = false;
	if (!can_ask_kernel(packet))
		return 0;
	ipv4 = address_is_ipv4(&packet->local);
	ct = look_up_kernel_flow(skb, packet, &opts);
	if (!ct)
		return 0;
	flow->known = true;
	if (opts.dir == CT_ORIGINAL) {
		flow->opened = EGRESS;
		READ_END(flow, ct->tuplehash[CT_REPLY].tuple.src, ipv4);
	} else {
		flow->opened = INGRESS;
		READ_END(flow, ct->tuplehash[CT_ORIGINAL].tuple.src, ipv4);
	}
	bpf_ct_release(ct);
	flow->rewritten = flow->port != packet->flow.remote_port || !address_equal(&flow->peer, &packet->flow.remote);
	return 0;
}

/* The kernel forgets the flow before it sees this packet, and takes it for the first of a new one. */
STEP int make_kernel_forget(struct __sk_buff *skb, const struct packet *packet)
{
	struct bpf_ct_opts___5_18 opts = {};
	struct nf_conn *ct;

	if (!packet || !can_ask_kernel(packet))
		return 0;
	ct = look_up_kernel_flow(skb, packet, &opts);
	if (!ct)
		return 0;
	bpf_ct_change_timeout(ct, 0);
	bpf_ct_release(ct);
	return 0;
}

/* Into the pod, from the pod by what the kernel says: the pod's own interface has seen the question, which from_pod has recorded as it was asked. Else
 * somebody else has sent it with the pod's address. */
STEP int has_asked_itself(struct __sk_buff *skb, const struct packet *packet)
{
	struct bpf_ct_opts___5_18 opts = {};
	struct kernel_flow asked = {};
	struct flow_key key = {};
	struct nf_conn *ct;
	__u64 ipv4;

	if (!packet || !can_ask_kernel(packet))
		return false;
	ipv4 = address_is_ipv4(&packet->local);
	ct = look_up_kernel_flow(skb, packet, &opts);
	if (!ct)
		return false;
	READ_END(&asked, ct->tuplehash[CT_ORIGINAL].tuple.dst, ipv4);
	key.local_port = ct->tuplehash[CT_ORIGINAL].tuple.src.u.all;
	bpf_ct_release(ct);
	key.scope = packet->flow.scope;
	key.remote = asked.peer;
	key.remote_port = asked.port;
	return bpf_map_lookup_elem(&conntrack, &key) != NULL;
}
