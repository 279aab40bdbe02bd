/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Who the peer is: exact addresses by hash, prefixes by trie. */
#pragma once

#include "counters.h"

/* Identity 0: in no live peer list. */
#define IDENTITY_NONE 0

enum identity_flag { IDENTITY_OWN_NODE = 1 << 0 };

struct identity_row {
	__u32 identity;
	__u32 flags;
};

/* Pods, /32 and /128 blocks, and the node's own addresses. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 262144);
	__type(key, struct address);
	__type(value, struct identity_row);
} ipcache SEC(".maps");

/* The length stands first because the trie wants it so; it counts all 128 bits (IPv4 /24 is 120). */
struct prefix_key {
	__u32 length;
	struct address address;
};
_Static_assert(sizeof(struct prefix_key) == 20, "mirrored in src/datapath/layout.ts");

/* Every cidr and every except, with the identity that holds there. ::ffff:0:0/96 is always among them, so ::/0 never matches IPv4. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, struct prefix_key);
	__type(value, __u32);
} prefixes SEC(".maps");

/* identity_row as one number: flags << 32 | identity. */
STEP __u64 look_up_identity(const struct address *address)
{
	struct identity_row *exact;
	struct runtime *now;

	if (!address)
		return IDENTITY_NONE;
	exact = bpf_map_lookup_elem(&ipcache, address);
	if (exact)
		return (__u64)exact->flags << 32 | exact->identity;
	now = get_runtime();
	if (now && (now->prefix_families & (address_is_ipv4(address) ? 1 : 2))) {
		struct prefix_key key = { .length = 128, .address = *address };
		__u32 *identity = bpf_map_lookup_elem(&prefixes, &key);

		if (identity)
			return *identity;
	}
	return IDENTITY_NONE;
}

static __always_inline struct identity_row find_identity(const struct address *address)
{
	__u64 found = look_up_identity(address);

	return (struct identity_row){ .identity = found, .flags = found >> 32 };
}
