/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* From a frame to a struct packet. Plain IPv4 and IPv6 with TCP or UDP are read in place; everything else is copied out piece by piece with
 * bpf_skb_load_bytes, which also reads what is not linear, so no packet passes unseen for the way it lies in memory. */
#pragma once

#include "transport.h"

#define ETH_P_ARP_BE bpf_htons(ETH_P_ARP)
#define ETH_P_IP_BE bpf_htons(ETH_P_IP)
#define ETH_P_IPV6_BE bpf_htons(ETH_P_IPV6)

#define MAX_VLAN_TAGS 4

/* The plain case: Ethernet, IPv4 without options or IPv6 without extension headers, no mapped address, no fragment, TCP or UDP, all of it linear. False
 * for the rest. */
static __always_inline bool parse_plain(struct __sk_buff *skb, struct packet *packet)
{
	void *data = (void *)(long)skb->data;
	void *end = (void *)(long)skb->data_end;
	struct tcp_start *l4;
	__u32 length;

	if (skb->protocol == ETH_P_IP_BE) {
		struct iphdr *ip = data + ETH_HLEN;

		if ((void *)(ip + 1) + sizeof(*l4) > end)
			return false;
		if (ip->version != 4 || ip->ihl != 5 ||
		    (ip->frag_off & bpf_htons(IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET)))
			return false;
		if (ip->protocol != IPPROTO_TCP && ip->protocol != IPPROTO_UDP)
			return false;
		length = bpf_ntohs(ip->tot_len) - sizeof(*ip);
		if (length > skb->len - ETH_HLEN - sizeof(*ip))
			return false;
		l4 = (void *)(ip + 1);
		packet->protocol = ip->protocol;
		set_ipv4_addresses(packet, ip->saddr, ip->daddr);
	} else if (skb->protocol == ETH_P_IPV6_BE) {
		struct ipv6hdr *ip = data + ETH_HLEN;

		if ((void *)(ip + 1) + sizeof(*l4) > end)
			return false;
		if (ip->version != 6 || (ip->nexthdr != IPPROTO_TCP && ip->nexthdr != IPPROTO_UDP))
			return false;
		length = bpf_ntohs(ip->payload_len);
		if (length > skb->len - ETH_HLEN - sizeof(*ip))
			return false;
		l4 = (void *)(ip + 1);
		packet->protocol = ip->nexthdr;
		set_ipv6_addresses(packet, &ip->saddr, &ip->daddr);
		if (unlikely(has_mapped_address(packet)))
			return false;
	} else {
		return false;
	}
	set_ports(packet, l4->ports);
	if (packet->protocol == IPPROTO_UDP)
		return length >= 8;
	if (l4->offset < 0x50 || length < (__u32)(l4->offset >> 4) * 4)
		return false;
	packet->tcp_flags = l4->flags;
	packet->opening = is_pure_syn(l4->flags);
	return true;
}

/* A fragment at `offset` bytes; the transport header of a first one must be whole, and a later one must not reach into it. */
static __always_inline int parse_fragment(struct __sk_buff *skb, struct packet *packet, __u32 offset, bool more)
{
	if (offset) {
		packet->fragment = FRAGMENT_LATER;
		packet->fragment_at = offset / 8 < 255 ? offset / 8 : 255;
		if (offset < transport_header(packet->protocol))
			return unreadable(packet, REASON_FRAGMENT_OVERLAP);
		return 0;
	}
	packet->fragment = more ? FRAGMENT_FIRST : FRAGMENT_NONE;
	return parse_transport(skb, packet);
}

STEP int parse_ipv4(struct __sk_buff *skb, struct packet *packet)
{
	__u32 header, length, offset;
	struct iphdr ip;

	if (!packet)
		return 0;
	if (bpf_skb_load_bytes(skb, packet->l3, &ip, sizeof(ip)))
		return unreadable(packet, REASON_TRUNCATED);
	set_ipv4_addresses(packet, ip.saddr, ip.daddr);
	packet->protocol = ip.protocol;
	packet->hop_limit = ip.ttl;
	header = ip.ihl * 4;
	length = bpf_ntohs(ip.tot_len);
	/* A segment that the kernel still has to cut may be longer than its length field can say; then the field is 0. */
	if (length == 0 && skb->gso_segs)
		length = skb->len - packet->l3;
	if (ip.version != 4 || header < sizeof(ip) || length < header)
		return unreadable(packet, REASON_MALFORMED);
	if (length > skb->len - packet->l3)
		return unreadable(packet, REASON_TRUNCATED);
	packet->l4 = packet->l3 + header;
	packet->end = packet->l3 + length;
	packet->fragment_id = ip.id;
	offset = bpf_ntohs(ip.frag_off);
	return parse_fragment(skb, packet, (offset & IPV4_FRAGMENT_OFFSET) * 8, offset & IPV4_MORE_FRAGMENTS);
}

STEP int parse_ipv6(struct __sk_buff *skb, struct packet *packet)
{
	struct {
		__u8 next;
		__u8 length;
		__be16 offset; /* fragment header only */
		__be32 id;
	} extension;
	__u32 at, length, fragmentable = 0, offset = 0;
	bool more = false;
	struct ipv6hdr ip;
	__u8 next;

	if (!packet)
		return 0;
	if (bpf_skb_load_bytes(skb, packet->l3, &ip, sizeof(ip)))
		return unreadable(packet, REASON_TRUNCATED);
	set_ipv6_addresses(packet, &ip.saddr, &ip.daddr);
	packet->hop_limit = ip.hop_limit;
	packet->protocol = ip.nexthdr;
	length = bpf_ntohs(ip.payload_len);
	/* RFC 2675 jumbograms, which the kernel makes of segments that it still has to cut. */
	if (length == 0 && skb->gso_segs)
		length = skb->len - packet->l3 - sizeof(ip);
	if (ip.version != 6)
		return unreadable(packet, REASON_MALFORMED);
	if (length > skb->len - packet->l3 - sizeof(ip))
		return unreadable(packet, REASON_TRUNCATED);
	at = packet->l3 + sizeof(ip);
	packet->end = at + length;
	next = ip.nexthdr;
	for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
		if (!is_extension_header(next))
			break;
		if (at + sizeof(extension) > packet->end || bpf_skb_load_bytes(skb, at, &extension, sizeof(extension)))
			return unreadable(packet, REASON_TRUNCATED);
		at += extension_length(next, extension.length);
		if (next == HEADER_FRAGMENT) {
			offset = bpf_ntohs(extension.offset) & 0xfff8;
			more = bpf_ntohs(extension.offset) & 1;
			packet->fragment_id = extension.id;
			fragmentable = at;
		}
		next = extension.next;
		if (offset)
			break;
	}
	packet->protocol = next;
	packet->l4 = at;
	/* Of a first fragment: how far behind its beginning the transport header lies. */
	if (fragmentable)
		packet->fragment_at = (at - fragmentable) / 8 < 255 ? (at - fragmentable) / 8 : 255;
	if (offset == 0 && is_extension_header(next))
		return unreadable(packet, REASON_MALFORMED);
	if (at > packet->end)
		return unreadable(packet, REASON_TRUNCATED);
	return parse_fragment(skb, packet, offset, more);
}

/* Everything that parse_plain leaves. */
STEP int parse_rest(struct __sk_buff *skb, struct packet *packet)
{
	__be16 protocol = skb->protocol;

	if (!packet)
		return 0;
	packet->l3 = ETH_HLEN;
	/* The outermost tag is out of the data already (skb->vlan_tci); further ones lie in it. */
	for (int i = 0; i < MAX_VLAN_TAGS; i++) {
		struct {
			__be16 tag;
			__be16 protocol;
		} vlan;

		if (protocol != bpf_htons(ETH_P_8021Q) && protocol != bpf_htons(ETH_P_8021AD))
			break;
		if (bpf_skb_load_bytes(skb, packet->l3, &vlan, sizeof(vlan)))
			return unreadable(packet, REASON_TRUNCATED);
		protocol = vlan.protocol;
		packet->l3 += sizeof(vlan);
	}
	if (protocol == ETH_P_IP_BE)
		return parse_ipv4(skb, packet);
	if (protocol == ETH_P_IPV6_BE)
		return parse_ipv6(skb, packet);
	if (protocol == ETH_P_ARP_BE) {
		packet->kind = KIND_ARP;
		return 0;
	}
	return unreadable(packet, REASON_NOT_IP);
}
