/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which endpoint an interface is: one aligned word names its configuration row and its generation. */
#pragma once

#include "types.h"

#define ENDPOINT_SLOTS 131072
#define CONFIG_ROWS 8192

#define CONFIG_UNSET 0
#define CONFIG_OPEN 1

enum endpoint_flag {
	ENDPOINT_SOURCE_CHECK = 1 << 0,
	ENDPOINT_HELD = 1 << 1,
	ENDPOINT_HAS_IPV4 = 1 << 2,
	ENDPOINT_HAS_IPV6 = 1 << 3,
	ENDPOINT_ISOLATED_INGRESS = 1 << 4,
	ENDPOINT_ISOLATED_EGRESS = 1 << 5,
};
#define ENDPOINT_ISOLATED (ENDPOINT_ISOLATED_INGRESS | ENDPOINT_ISOLATED_EGRESS)

/* One direction's ruleset, with the ruleset's header beside it: what any peer may, and what happens to what no row covers. */
struct direction_config {
	__u32 ruleset; /* 0: not isolated */
	__u32 stranger_port_set;
	__u32 stranger_lengths;
	__u32 default_verdict;
};

/* Immutable: a change is a new row under another id, and one write of the endpoint's word. */
struct endpoint_config {
	__u32 endpoint; /* never reused in the life of the maps */
	__u32 flags;
	struct address ipv4;
	struct address ipv6;
	struct direction_config direction[2];
	__u64 take_over_until; /* CLOCK_MONOTONIC nanoseconds */
	__u32 counters; /* slot */
	__u32 zero;
};
_Static_assert(sizeof(struct endpoint_config) == 88, "mirrored in src/datapath/layout.ts");

/* ifindex → generation << 32 | configuration id. An array, since a hash costs 13 ns more on every packet; mapped into the agent's memory, since
 * bpf_map_update_elem copies bytes and a torn word would stamp flows for ever. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, ENDPOINT_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} endpoints SEC(".maps");

/* Interfaces whose index is beyond the array: machines that have made very many. A hash element is swapped as a whole. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} far_endpoints SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CONFIG_ROWS);
	__type(key, __u32);
	__type(value, struct endpoint_config);
} configs SEC(".maps");

static __always_inline __u64 find_endpoint_word(__u32 ifindex)
{
	__u64 *word;

	if (likely(ifindex < ENDPOINT_SLOTS)) {
		word = bpf_map_lookup_elem(&endpoints, &ifindex);
		return word ? READ_ONCE(*word) : CONFIG_UNSET;
	}
	barrier();
	word = bpf_map_lookup_elem(&far_endpoints, &ifindex);
	return word ? READ_ONCE(*word) : CONFIG_UNSET;
}

static __always_inline bool is_isolated(const struct endpoint_config *config, enum direction direction)
{
	return config->flags & (direction == INGRESS ? ENDPOINT_ISOLATED_INGRESS : ENDPOINT_ISOLATED_EGRESS);
}

static __always_inline bool is_own_address(const struct endpoint_config *config, const struct address *address)
{
	if (address_is_ipv4(address))
		return (config->flags & ENDPOINT_HAS_IPV4) && address->word[3] == config->ipv4.word[3];
	return (config->flags & ENDPOINT_HAS_IPV6) && address_equal(address, &config->ipv6);
}
