/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Later fragments carry no ports and flags: they borrow those of their first fragment, and are judged as it was. */
#pragma once

#include "frontend.h"
#include "packet.h"
#include "reasons.h"

struct fragment_key {
	__u32 endpoint;
	__u32 id;
	struct address local;
	struct address remote;
	__u8 direction;
	/* IPv6: 0. Its datagrams are named by addresses and id alone (RFC 8200, 4.5), and a later fragment need not know the transport protocol. */
	__u8 protocol;
	__u16 zero;
};
_Static_assert(sizeof(struct fragment_key) == 44, "eleven words");

struct fragment_ports {
	__be16 local_port;
	__be16 remote_port;
	__u32 seen; /* low half of jiffies */
	__u8 protocol;
	__u8 flags; /* TCP's, without those of congestion; FRAGMENT_OPENING: it opens a connection */
	__u16 headers; /* bytes that belong to headers, from the beginning of what is cut into fragments */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct fragment_key);
	__type(value, struct fragment_ports);
} fragments SEC(".maps");

/* Linux gives a datagram 30 seconds to become whole (net.ipv4.ipfrag_time). */
#define FRAGMENT_SECONDS 30

#define FRAGMENT_OPENING 0x80

static __always_inline void fragment_key_of(const struct packet *packet, struct fragment_key *key)
{
	key->endpoint = packet->endpoint;
	key->id = packet->fragment_id;
	key->local = packet->local;
	key->remote = packet->flow.remote;
	key->direction = packet->direction;
	key->protocol = packet->ipv6 ? 0 : packet->protocol;
	key->zero = 0;
}

/* After the verdict on a first fragment. A denied one also takes away what an earlier one of that id had left. */
STEP int remember_fragment(const struct packet *packet, __u32 allowed)
{
	struct fragment_ports ports = {};
	struct fragment_key key;

	if (!packet)
		return 0;
	ports.local_port = packet->flow.local_port;
	ports.remote_port = packet->flow.remote_port;
	ports.seen = (__u32)bpf_jiffies64();
	ports.protocol = packet->protocol;
	ports.flags = (packet->tcp_flags & TCP_PLAIN_FLAGS) |
		      (packet->opening && has_ports(packet->protocol) ? FRAGMENT_OPENING : 0);
	ports.headers = packet->fragment_at * 8 + transport_header(packet->protocol);
	fragment_key_of(packet, &key);
	if (allowed)
		bpf_map_update_elem(&fragments, &key, &ports, BPF_ANY);
	else
		bpf_map_delete_elem(&fragments, &key);
	return 0;
}

/* Fill in protocol, ports and flags of a later fragment: it is judged as what its first was. The reason why it must not pass where its first one was not
 * seen, or not allowed, or has its transport header where this one lies (an IPv6 fragment need not tell the transport protocol truly). */
STEP int recall_fragment(struct packet *packet, __u32 jiffies_per_second)
{
	struct fragment_ports *ports;
	struct fragment_key key;

	if (!packet)
		return REASON_FRAGMENT_ORPHAN;
	fragment_key_of(packet, &key);
	ports = bpf_map_lookup_elem(&fragments, &key);
	if (!ports || (__u32)bpf_jiffies64() - ports->seen > FRAGMENT_SECONDS * jiffies_per_second)
		return REASON_FRAGMENT_ORPHAN;
	if (packet->fragment_at * 8 < ports->headers)
		return REASON_FRAGMENT_OVERLAP;
	packet->flow.local_port = ports->local_port;
	packet->flow.remote_port = ports->remote_port;
	packet->protocol = ports->protocol;
	packet->tcp_flags = ports->flags & TCP_PLAIN_FLAGS;
	packet->opening = !!(ports->flags & FRAGMENT_OPENING);
	return REASON_ALLOWED;
}
