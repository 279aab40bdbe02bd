/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Link-level manners: ARP, IPv6 discovery, multicast membership, and whose source a packet may carry. */
#pragma once

#include "endpoint.h"
#include "frontend.h"
#include "identity.h"
#include "parse.h"

struct arp_ipv4 {
	__be16 hardware_type;
	__be16 protocol_type;
	__u8 hardware_length;
	__u8 protocol_length;
	__be16 operation;
	__u8 sender_mac[6];
	__u8 sender_ip[4];
};

/* A pod may speak ARP for its own address, or for none (a probe, RFC 5227). */
static __always_inline bool is_own_arp(struct __sk_buff *skb, const struct packet *packet,
				       const struct endpoint_config *config)
{
	struct arp_ipv4 arp;
	struct address sender;
	__be32 ipv4;

	if (bpf_skb_load_bytes(skb, packet->l3, &arp, sizeof(arp)))
		return false;
	if (arp.protocol_type != ETH_P_IP_BE || arp.protocol_length != 4 || arp.hardware_length != 6)
		return false;
	__builtin_memcpy(&ipv4, arp.sender_ip, 4);
	if (ipv4 == 0)
		return true;
	address_from_ipv4(&sender, ipv4);
	return is_own_address(config, &sender);
}

/* IPv4 only: what goes to a link-local address of the node, or to a frontend that has one, may be rewritten and forwarded, whatever its source. */
static __always_inline bool is_rewritten_link_local(const struct packet *packet)
{
	return address_is_ipv4(&packet->flow.remote) &&
	       ((find_identity(&packet->flow.remote).flags & IDENTITY_OWN_NODE) || look_up_frontend(packet, false));
}

/* Every local pod's source is held to its own addresses: the ingress rules of others rely on it. Link-local and unspecified sources cannot leave the
 * link, so they pass towards the link's own destinations alone (discovery, DHCP, membership reports). */
static __always_inline bool is_own_source(const struct packet *packet, const struct endpoint_config *config)
{
	const struct address *to = &packet->flow.remote;

	if (likely(is_own_address(config, &packet->local)))
		return true;
	if (!address_is_unspecified(&packet->local) && !address_is_link_local(&packet->local))
		return false;
	if (packet->kind == KIND_DISCOVERY || address_is_group(to))
		return true;
	return address_is_link_local(to) && !is_rewritten_link_local(packet);
}

/* Out of a pod: solicitations, and advertisements for what it may own. Never a router's messages (CVE-2020-10749). */
STEP int may_send_discovery(struct __sk_buff *skb, const struct packet *packet, const struct endpoint_config *config)
{
	struct address target;

	if (!packet || !config)
		return false;
	if (packet->hop_limit != 255)
		return false;
	if (packet->icmp_type == ROUTER_SOLICITATION || packet->icmp_type == NEIGHBOUR_SOLICITATION)
		return true;
	if (packet->icmp_type != NEIGHBOUR_ADVERTISEMENT)
		return false;
	if (packet->l4 + 8 + sizeof(target) > packet->end ||
	    bpf_skb_load_bytes(skb, packet->l4 + 8, &target, sizeof(target)))
		return false;
	if (is_own_address(config, &target))
		return true;
	/* A link-local address is the pod's own unless it is the gateway's. */
	return address_is_link_local(&target) && !(find_identity(&target).flags & IDENTITY_OWN_NODE);
}

static __always_inline bool may_receive_discovery(const struct packet *packet)
{
	return packet->hop_limit == 255 && packet->icmp_type != ROUTER_SOLICITATION;
}
