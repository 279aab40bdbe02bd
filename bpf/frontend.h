/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What kube-proxy rewrites: a packet to such an address does not say yet who will get it. */
#pragma once

#include "evidence.h"
#include "ruleset.h"

/* Where Services are judged at from_pod, a node port or host port of the own node has the address `::`, since a node has many. */
struct frontend_key {
	struct address address;
	__be16 port;
	__u8 protocol;
	__u8 zero;
};
_Static_assert(sizeof(struct frontend_key) == 20, "mirrored in src/datapath/layout.ts");

/* The value is a class of frontends that have the same endpoints, for where they are judged at from_pod: a ruleset that allows all of them has a row for it
 * in `pairs`. Classes and identities have no number in common. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 131072);
	__type(key, struct frontend_key);
	__type(value, __u32);
} frontends SEC(".maps");

static __always_inline bool has_ports(__u8 protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == PROTOCOL_SCTP;
}

/* Both of a frontend's look-ups: its class + 1, or 0. */
STEP __u64 look_up_frontend(const struct packet *packet, __u32 of_own_node)
{
	struct frontend_key key = {};
	__u32 *class;

	if (!packet || !has_ports(packet->protocol))
		return 0;
	if (!of_own_node)
		key.address = packet->flow.remote;
	key.port = packet->flow.remote_port;
	key.protocol = packet->protocol;
	class = bpf_map_lookup_elem(&frontends, &key);
	return class ? (__u64) * class + 1 : 0;
}

/* Does the ruleset allow every endpoint of these frontends? */
static __always_inline bool all_endpoints_allowed(const struct direction_config *config, __u32 class)
{
	struct pair_key key = { config->ruleset, class };

	return bpf_map_lookup_elem(&pairs, &key);
}
