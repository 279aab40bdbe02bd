/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The kernel's own connection tracking, where it can be asked: who opened a flow of which we have no row. It can only ever explain a reply; what it does
 * not know, or has picked up in mid-stream, is no reason to drop. */
#pragma once

#include "packet.h"

/* Only ever held by pointer; libbpf wants a definition to match the kernel's functions against. */
struct nf_conn {
	unsigned long status;
} __attribute__((preserve_access_index));

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
extern void bpf_ct_release(struct nf_conn *ct) __ksym __weak;

/* Written before loading. False removes the calls, for kernels that lack them. */
struct settings {
	__u32 kernel_conntrack;
};
const volatile struct settings settings SEC(".rodata.settings");

#define CT_ORIGINAL 0

/* Does the kernel know this flow as one that the pod (opener EGRESS) or its peer (INGRESS) opened? TCP and UDP only. */
STEP int kernel_saw_opening(struct __sk_buff *skb, const struct packet *packet, __u32 opener)
{
	struct bpf_ct_opts___5_18 opts = { .netns_id = -1 };
	struct address from, to;
	struct bpf_sock_tuple tuple = {};
	bool by_pod = opener == EGRESS;
	__be16 from_port, to_port;
	struct nf_conn *ct;
	bool original;

	if (!packet || !settings.kernel_conntrack)
		return false;
	opts.l4proto = packet->protocol;
	choose_address(&from, by_pod, &packet->local, &packet->flow.remote);
	choose_address(&to, by_pod, &packet->flow.remote, &packet->local);
	from_port = by_pod ? packet->flow.ports : packet->flow.ports >> 16;
	to_port = by_pod ? packet->flow.ports >> 16 : packet->flow.ports;
	if (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP)
		return false;
	if (address_is_ipv4(&from)) {
		tuple.ipv4.saddr = from.word[3];
		tuple.ipv4.daddr = to.word[3];
		tuple.ipv4.sport = from_port;
		tuple.ipv4.dport = to_port;
		ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
	} else {
		__builtin_memcpy(tuple.ipv6.saddr, &from, sizeof(from));
		__builtin_memcpy(tuple.ipv6.daddr, &to, sizeof(to));
		tuple.ipv6.sport = from_port;
		tuple.ipv6.dport = to_port;
		ct = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv6), &opts, sizeof(opts));
	}
	if (!ct)
		return false;
	original = opts.dir == CT_ORIGINAL;
	bpf_ct_release(ct);
	return original;
}
