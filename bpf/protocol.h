/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Numbers of the protocols, from IANA's registries and the RFCs beside them. <linux/icmp.h> would bring glibc's headers with it. */
#pragma once

#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#define PROTOCOL_IGMP 2
#define PROTOCOL_ICMPV6 58
#define PROTOCOL_SCTP 132

/* IPv6 extension headers, RFC 8200 and RFC 4302 */
#define HEADER_HOP_BY_HOP 0
#define HEADER_ROUTING 43
#define HEADER_FRAGMENT 44
#define HEADER_AUTHENTICATION 51
#define HEADER_DESTINATION 60

static __always_inline int is_extension_header(__u8 header)
{
	return header == HEADER_HOP_BY_HOP || header == HEADER_ROUTING || header == HEADER_DESTINATION ||
	       header == HEADER_FRAGMENT || header == HEADER_AUTHENTICATION;
}

/* In bytes; `field` is the header's own length field. */
static __always_inline __u32 extension_length(__u8 header, __u8 field)
{
	if (header == HEADER_FRAGMENT)
		return 8;
	return header == HEADER_AUTHENTICATION ? (field + 2) * 4 : (field + 1) * 8;
}

/* More headers than any sender has use for; a packet with more cannot be parsed. */
#define MAX_EXTENSION_HEADERS 8

/* IPv4's fragment word, RFC 791 */
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_FRAGMENT_OFFSET 0x1fff

/* ICMP, RFC 792 */
#define ICMP_ECHO_REPLY 0
#define ICMP_UNREACHABLE 3
#define ICMP_SOURCE_QUENCH 4
#define ICMP_ECHO_REQUEST 8
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER_PROBLEM 12

/* ICMPv6, RFC 4443: errors are 1 to 4 */
#define ICMPV6_LAST_ERROR 4
#define ICMPV6_ECHO_REQUEST 128
#define ICMPV6_ECHO_REPLY 129

/* Multicast listener discovery, RFC 2710 and RFC 3810 */
#define MLD_QUERY 130
#define MLD_DONE 132
#define MLD2_REPORT 143

/* Neighbour discovery, RFC 4861 */
#define ROUTER_SOLICITATION 133
#define ROUTER_ADVERTISEMENT 134
#define NEIGHBOUR_SOLICITATION 135
#define NEIGHBOUR_ADVERTISEMENT 136
#define REDIRECT 137

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
#define TCP_PLAIN_FLAGS 0x3f /* all but those of congestion */

#define SCTP_INIT 1
