/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The few members of the kernel's own structs that are read here; libbpf finds where they lie in the running kernel (CO-RE). */
#pragma once

#include "types.h"

#define KERNEL_STRUCT __attribute__((preserve_access_index))

/* Index of a connection's tuples (enum ip_conntrack_dir). */
#define CT_ORIGINAL 0
#define CT_REPLY 1

/* One end of a tuple: an address, IPv4 in the first word, and a port or an ICMP identifier, in network order
 * (include/net/netfilter/nf_conntrack_tuple.h). */
struct nf_conntrack_man {
	union {
		__u32 all[4];
	} u3;
	union {
		__be16 all;
	} u;
	__u16 l3num;
} KERNEL_STRUCT;

struct nf_conntrack_tuple {
	struct nf_conntrack_man src;
	struct {
		union {
			__u32 all[4];
		} u3;
		union {
			__be16 all;
		} u;
		__u8 protonum;
	} dst;
} KERNEL_STRUCT;

struct nf_conntrack_tuple_hash {
	struct nf_conntrack_tuple tuple;
} KERNEL_STRUCT;

struct nf_conn {
	struct nf_conntrack_tuple_hash tuplehash[2];
} KERNEL_STRUCT;

struct sk_buff {
	unsigned int len;
	int skb_iif;
	/* A struct nf_conn with what the packet is to it in the lowest bits. */
	unsigned long _nfct;
} KERNEL_STRUCT;

struct nf_hook_state {
	__u8 pf;
} KERNEL_STRUCT;

/* What a netfilter program is given. */
struct bpf_nf_ctx {
	const struct nf_hook_state *state;
	struct sk_buff *skb;
};
