/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What a ruleset says of an identity: (ruleset, identity) → port set, (port set, protocol, port prefix) → verdict. */
#pragma once

#include "endpoint.h"
#include "identity.h"

/* Port sets without rows. */
#define PORT_SET_NONE 0
#define PORT_SET_ALL 1

struct pair_key {
	__u32 ruleset;
	__u32 identity;
};

struct port_set_ref {
	__u32 port_set;
	__u32 lengths; /* bit n: the set has rows of prefix length n */
};

/* A pair that is absent has the stranger's port set. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 524288);
	__type(key, struct pair_key);
	__type(value, struct port_set_ref);
} pairs SEC(".maps");

struct port_key {
	__u32 port_set;
	__u8 protocol;
	__u8 length;
	__be16 port; /* only the first `length` bits */
};
_Static_assert(sizeof(struct port_key) == 8, "mirrored in src/datapath/layout.ts");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 262144);
	__type(key, struct port_key);
	__type(value, __u32);
} ports SEC(".maps");

/* The longest prefix decides; only lengths that occur in the set are tried. */
STEP int judge_port(__u32 port_set, __u32 lengths, __u32 protocol, __u32 port, __u32 otherwise)
{
	struct port_key key = { .port_set = port_set, .protocol = protocol };

	if (port_set == PORT_SET_ALL)
		return ALLOW;
		/* Unrolled: without CAP_PERFMON the verifier also follows branches that are not taken, and out of a loop it finds no end. */
#pragma unroll
	for (int length = 16; length >= 0; length--) {
		__u32 *verdict;

		if (!(lengths & ((2u << length) - 1)))
			break;
		if (!(lengths & (1u << length)))
			continue;
		key.length = length;
		key.port = port & bpf_htons((__u16)(0xffff0000u >> length));
		verdict = bpf_map_lookup_elem(&ports, &key);
		if (verdict)
			return *verdict;
	}
	return otherwise;
}

/* `port` is the destination's, in network order: the pod's own for ingress, the peer's for egress. */
STEP int judge(const struct direction_config *config, __u32 identity, __u32 protocol, __u32 port)
{
	struct port_set_ref ref;

	if (!config)
		return DENY;
	if (!config->ruleset)
		return ALLOW;
	ref.port_set = config->stranger_port_set;
	ref.lengths = config->stranger_lengths;
	if (identity != IDENTITY_NONE) {
		struct pair_key key = { config->ruleset, identity };
		struct port_set_ref *pair = bpf_map_lookup_elem(&pairs, &key);

		if (pair)
			ref = *pair;
	}
	return judge_port(ref.port_set, ref.lengths, protocol, port, config->default_verdict);
}
