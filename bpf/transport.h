/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What the transport header says: ports, TCP flags, and which kind of packet an ICMP message makes. */
#pragma once

#include "packet.h"
#include "reasons.h"

/* TCP's header without options, up to and with its flags. */
struct tcp_start {
	__u32 ports; /* source, destination */
	__be32 sequence;
	__be32 acknowledgement;
	__u8 offset; /* upper four bits: header length in words */
	__u8 flags;
};

static __always_inline bool is_pure_syn(__u8 flags)
{
	return (flags & (TCP_SYN | TCP_ACK)) == TCP_SYN;
}

static __always_inline int unreadable(struct packet *packet, __u8 reason)
{
	packet->kind = KIND_UNREADABLE;
	packet->reason = reason;
	return 0;
}

static __always_inline bool is_to_group(const struct packet *packet)
{
	struct address destination;

	choose_address(&destination, packet->direction == EGRESS, &packet->flow.remote, &packet->local);
	return address_is_group(&destination);
}

/* Ports, flags and kinds of the transport header, which begins at packet->l4. */
STEP int parse_transport(struct __sk_buff *skb, struct packet *packet)
{
	__u8 protocol;
	__u32 room;

	if (!packet)
		return 0;
	room = packet->end > packet->l4 ? packet->end - packet->l4 : 0;
	protocol = packet->protocol;

	if (protocol == IPPROTO_TCP) {
		struct tcp_start tcp;

		if (room < 20 || bpf_skb_load_bytes(skb, packet->l4, &tcp, sizeof(tcp)))
			return unreadable(packet, REASON_TRUNCATED);
		if (tcp.offset < 0x50)
			return unreadable(packet, REASON_MALFORMED);
		if (room < (__u32)(tcp.offset >> 4) * 4)
			return unreadable(packet, REASON_TRUNCATED);
		set_ports(packet, tcp.ports);
		packet->tcp_flags = tcp.flags;
		packet->opening = is_pure_syn(tcp.flags);
	} else if (protocol == IPPROTO_UDP || protocol == PROTOCOL_SCTP) {
		struct {
			__u32 ports;
			__u8 rest[4];
		} header;

		if (room < sizeof(header) || bpf_skb_load_bytes(skb, packet->l4, &header, sizeof(header)))
			return unreadable(packet, REASON_TRUNCATED);
		set_ports(packet, header.ports);
		if (protocol == PROTOCOL_SCTP) {
			__u8 chunk;

			if (room < 16 || bpf_skb_load_bytes(skb, packet->l4 + 12, &chunk, 1))
				return unreadable(packet, REASON_TRUNCATED);
			packet->opening = chunk == SCTP_INIT;
		}
	} else if (protocol == (packet->ipv6 ? PROTOCOL_ICMPV6 : IPPROTO_ICMP)) {
		struct {
			__u8 type;
			__u8 code;
			__u16 checksum;
			__be16 id;
			__be16 sequence;
		} icmp;
		bool v6 = packet->ipv6;
		bool request, reply;

		if (room < sizeof(icmp) || bpf_skb_load_bytes(skb, packet->l4, &icmp, sizeof(icmp)))
			return unreadable(packet, REASON_TRUNCATED);
		packet->icmp_type = icmp.type;
		request = icmp.type == (v6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO_REQUEST);
		reply = icmp.type == (v6 ? ICMPV6_ECHO_REPLY : ICMP_ECHO_REPLY);
		if (request || reply) {
			packet->flow.local_port = icmp.id;
			packet->flow.remote_port =
				bpf_htons((packet->direction == EGRESS) == request ? ECHO_BY_POD : ECHO_BY_PEER);
			packet->opening = request;
		} else if (v6) {
			if (icmp.type >= ROUTER_SOLICITATION && icmp.type <= REDIRECT)
				packet->kind = KIND_DISCOVERY;
			else if ((icmp.type >= MLD_QUERY && icmp.type <= MLD_DONE) || icmp.type == MLD2_REPORT)
				packet->kind = KIND_MEMBERSHIP;
			else if (icmp.type >= 1 && icmp.type <= ICMPV6_LAST_ERROR)
				packet->kind = KIND_ICMP_ERROR;
			else
				packet->opening = 1;
		} else if (icmp.type == ICMP_UNREACHABLE || icmp.type == ICMP_SOURCE_QUENCH ||
			   icmp.type == ICMP_TIME_EXCEEDED || icmp.type == ICMP_PARAMETER_PROBLEM) {
			packet->kind = KIND_ICMP_ERROR;
		} else {
			/* Redirects, timestamps and the like are flows without ports, judged each time. */
			packet->opening = 1;
		}
	} else if (protocol == PROTOCOL_IGMP && !packet->ipv6) {
		packet->kind = KIND_MEMBERSHIP;
	}
	/* Membership is told to groups, and never leaves the link (RFC 3376, 4; RFC 3810, 5); else it is a packet like any other. */
	if (packet->kind == KIND_MEMBERSHIP && !(is_to_group(packet) && packet->hop_limit == 1)) {
		packet->kind = KIND_FLOW;
		packet->opening = 1;
	}
	return 0;
}
