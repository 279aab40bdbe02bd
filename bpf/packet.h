/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the parser learns about a packet, from the pod's point of view: "local" is the pod's side, "remote" its peer's. */
#pragma once

#include "protocol.h"
#include "types.h"

/* Conntrack's key. Both directions of a flow share it, since it is written from the pod's side. The pod's address is not in it: the verdict never
 * depends on it, the source check holds it to one for each family, and a shorter key hashes faster. */
struct flow_key {
	__u32 scope; /* endpoint << 8 | protocol; endpoints have 24 bits */
	struct address remote;
	union {
		struct {
			__be16 local_port; /* ICMP echo: the identifier */
			__be16 remote_port; /* ICMP echo: who asks, ECHO_BY_POD or ECHO_BY_PEER */
		};
		__u32 ports; /* written at once: the hash reads it so, and would wait for two halves */
	};
};
_Static_assert(sizeof(struct flow_key) == 24, "six words: the kernel hashes three at a time");

#define ECHO_BY_POD 1
#define ECHO_BY_PEER 2

/* What a packet is, as far as the itinerary branches on it. */
enum kind {
	KIND_FLOW, /* TCP, UDP, SCTP, ICMP echo, and every other protocol: addresses, protocol and perhaps ports */
	KIND_ARP,
	KIND_DISCOVERY, /* IPv6 neighbour and router discovery */
	KIND_MEMBERSHIP, /* IGMP, MLD */
	KIND_ICMP_ERROR,
	KIND_UNREADABLE, /* reason says why */
};

enum fragment_part { FRAGMENT_NONE = 0, FRAGMENT_FIRST, FRAGMENT_LATER };

struct packet {
	struct flow_key flow;
	struct address local;
	__u32 endpoint;
	__u32 counters; /* slot */
	__u32 l3; /* offset of the IP header from the start of the frame */
	__u32 l4; /* offset of the transport header */
	__u32 end; /* where the IP packet ends, trailing bytes of the frame left out */
	__u32 fragment_id;
	__u32 generation; /* as read at entry; never read again */
	__u8 protocol;
	__u8 direction;
	__u8 kind;
	__u8 reason;
	__u8 tcp_flags;
	__u8 opening; /* a pure SYN, an echo request, an SCTP INIT: judged always, never passed by a hit */
	__u8 fragment;
	__u8 fragment_at; /* offset (of a first one: of its transport header) in units of 8 bytes, at most 255 */
	__u8 hop_limit;
	__u8 icmp_type;
	__u8 ipv6;
	__u8 addressed; /* source and destination are known */
};

/* Bytes of a transport header that a first fragment must hold and that no later one may reach into. */
static __always_inline __u32 transport_header(__u8 protocol)
{
	return protocol == IPPROTO_TCP ? 20 : protocol == PROTOCOL_SCTP ? 16 : 8;
}

/* Complete the key, once endpoint and protocol are known. */
static __always_inline void set_scope(struct packet *packet)
{
	packet->flow.scope = packet->endpoint << 8 | packet->protocol;
}

/* Which side is the source is chosen by value, word by word. Chosen by pointer, the compiler adds a variable to one that is not the program's own stack, which
 * the verifier refuses to whoever lacks CAP_PERFMON. */
static __always_inline void choose_address(struct address *to, bool first, const struct address *a,
					   const struct address *b)
{
	for (int i = 0; i < 4; i++) {
		__u32 one = a->word[i], other = b->word[i];

		if (!__builtin_constant_p(first)) {
			barrier_var(one);
			barrier_var(other);
		}
		to->word[i] = first ? one : other;
	}
}

static __always_inline void set_addresses(struct packet *packet, const struct address *source,
					  const struct address *destination)
{
	bool out = packet->direction == EGRESS;

	packet->addressed = 1;
	choose_address(&packet->local, out, source, destination);
	choose_address(&packet->flow.remote, out, destination, source);
}

static __always_inline void set_ipv4_addresses(struct packet *packet, __be32 source, __be32 destination)
{
	bool out = packet->direction == EGRESS;

	packet->addressed = 1;
	address_from_ipv4(&packet->local, out ? source : destination);
	address_from_ipv4(&packet->flow.remote, out ? destination : source);
}

static __always_inline void set_ipv6_addresses(struct packet *packet, const struct in6_addr *source,
					       const struct in6_addr *destination)
{
	packet->ipv6 = 1;
	set_addresses(packet, (const struct address *)source, (const struct address *)destination);
}

static __always_inline bool has_mapped_address(const struct packet *packet)
{
	return packet->ipv6 && (address_is_ipv4(&packet->local) || address_is_ipv4(&packet->flow.remote));
}

/* `ports` as on the wire: the source's in the first two bytes. */
static __always_inline void set_ports(struct packet *packet, __u32 ports)
{
	packet->flow.ports = packet->direction == EGRESS ? ports : ports << 16 | ports >> 16;
}
