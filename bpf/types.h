/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Words that every other header uses: addresses, directions, verdicts. */
#pragma once

#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#ifndef __noinline
#define __noinline __attribute__((noinline))
#endif
/* A step that the verifier checks once, by itself, whoever calls it: what keeps the whole within a few thousand instructions. Its pointers may be null
 * for all that the verifier knows, so it asks. */
#define STEP __noinline
/* Keeps the compiler from moving work across, or from merging look-ups of two maps into one that the kernel cannot inline. */
#define barrier() asm volatile("" ::: "memory")
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile typeof(x) *)&(x) = (value))

/* "Hand the packet on to whoever is next": TCX_NEXT for tcx, TC_ACT_UNSPEC for cls_bpf. Both are -1, so one object serves both. */
#define PASS (-1)
#define DROP TC_ACT_SHOT

/* Always the pod's own: ingress comes into the pod. */
enum direction { INGRESS = 0, EGRESS = 1 };

enum verdict { DENY = 0, ALLOW = 1, WOULD_DENY = 2 };

/* Sixteen bytes in network order; IPv4 stands as ::ffff:a.b.c.d, so one program serves both families. */
struct address {
	union {
		__u8 bytes[16];
		__be32 word[4];
	};
} __attribute__((aligned(4)));
_Static_assert(sizeof(struct address) == 16, "an address is 16 bytes");

#define MAPPED_WORD bpf_htonl(0xffff)

static __always_inline bool address_equal(const struct address *a, const struct address *b)
{
	return ((a->word[3] ^ b->word[3]) | (a->word[2] ^ b->word[2]) | (a->word[1] ^ b->word[1]) |
		(a->word[0] ^ b->word[0])) == 0;
}

static __always_inline bool address_is_ipv4(const struct address *a)
{
	return a->word[0] == 0 && a->word[1] == 0 && a->word[2] == MAPPED_WORD;
}

static __always_inline void address_from_ipv4(struct address *a, __be32 ipv4)
{
	a->word[0] = 0;
	a->word[1] = 0;
	a->word[2] = MAPPED_WORD;
	a->word[3] = ipv4;
}

static __always_inline bool address_is_unspecified(const struct address *a)
{
	return a->word[0] == 0 && a->word[1] == 0 && (a->word[2] == 0 || a->word[2] == MAPPED_WORD) && a->word[3] == 0;
}

static __always_inline bool address_is_link_local(const struct address *a)
{
	if (address_is_ipv4(a))
		return (a->word[3] & bpf_htonl(0xffff0000)) == bpf_htonl(0xa9fe0000);
	return (a->word[0] & bpf_htonl(0xffc00000)) == bpf_htonl(0xfe800000);
}

static __always_inline bool address_is_loopback(const struct address *a)
{
	if (address_is_ipv4(a))
		return (a->word[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
	return (a->word[0] | a->word[1] | a->word[2]) == 0 && a->word[3] == bpf_htonl(1);
}

/* Multicast of either family, or IPv4's limited broadcast. */
static __always_inline bool address_is_group(const struct address *a)
{
	if (address_is_ipv4(a))
		return (a->word[3] & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000) || a->word[3] == 0xffffffff;
	return (a->word[0] & bpf_htonl(0xff000000)) == bpf_htonl(0xff000000);
}
