/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Which flows were allowed to open, in which direction, and under which generation. */
#pragma once

#include "packet.h"
#include "ruleset.h"

#define CONNTRACK_ROWS 131072

/* A flow's state is one word, written in one step: a row may be evicted and used again under our hands (LRU rows have no grace period), and a word that
 * belongs to another flow then costs that flow a re-judgement at most. */
#define STATE_GENERATION 0xffffffffull
#define STATE_OPENED_BY_POD (1ull << 32)
#define STATE_NODE (1ull << 34) /* traffic with the own node: allowed, not judged */
#define STATE_REWRITTEN (1ull << 35) /* the peer was judged by the address behind a Service or a masquerade */
#define STATE_STATUS_SHIFT 36
#define STATE_STATUS (3ull << STATE_STATUS_SHIFT)

/* No endpoint is ever at this generation. */
#define GENERATION_NEVER 0

enum status { STATUS_OPENING = 0, STATUS_SETTLED = 1, STATUS_CLOSING = 2 };

struct flow {
	__u64 state;
	__u64 seen; /* jiffies; refreshed when older than REFRESH_JIFFIES */
};
_Static_assert(sizeof(struct flow) == 16, "mirrored in src/datapath/layout.ts");

/* Writing the stamp on every packet costs 20 ns and bounces the line between CPUs. */
#define REFRESH_JIFFIES 256

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, CONNTRACK_ROWS);
	__type(key, struct flow_key);
	__type(value, struct flow);
} conntrack SEC(".maps");

/* Layout, size and the node-wide generation counter of the conntrack table: pinned beside it, so that a new agent knows whether it can go on with it. */
struct conntrack_header {
	__u32 layout;
	__u32 rows;
	__u32 generation;
	__u32 zero;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct conntrack_header);
} conntrack_header SEC(".maps");

static __always_inline enum direction opened_direction(__u64 state)
{
	return state & STATE_OPENED_BY_POD ? EGRESS : INGRESS;
}

static __always_inline __u32 status_of(__u64 state)
{
	return (state & STATE_STATUS) >> STATE_STATUS_SHIFT;
}

static __always_inline __u64 make_state(__u32 generation, enum direction opened, __u32 status, __u64 flags)
{
	return generation | (opened == EGRESS ? STATE_OPENED_BY_POD : 0) | (__u64)status << STATE_STATUS_SHIFT | flags;
}

/* Seconds without a packet after which a row says nothing any more. */
static __always_inline __u32 idle_limit(__u8 protocol, __u32 status)
{
	if (protocol == IPPROTO_TCP)
		return status == STATUS_SETTLED ? 86400 : status == STATUS_OPENING ? 60 : 120;
	if (protocol == PROTOCOL_SCTP)
		return 600;
	if (protocol == IPPROTO_ICMP || protocol == PROTOCOL_ICMPV6)
		return 30;
	return 120;
}

/* How a TCP segment moves a flow on. */
static __always_inline __u32 next_status(const struct packet *packet, __u32 status)
{
	if (packet->protocol != IPPROTO_TCP)
		return STATUS_SETTLED;
	if (packet->tcp_flags & (TCP_RST | TCP_FIN))
		return STATUS_CLOSING;
	if (packet->tcp_flags & TCP_SYN)
		return STATUS_OPENING;
	return status == STATUS_CLOSING ? STATUS_CLOSING : STATUS_SETTLED;
}

/* The word of a current row after one more packet. */
static __always_inline __u64 next_state(const struct packet *packet, __u64 state)
{
	__u32 status = next_status(packet, status_of(state));

	return (state & ~STATE_STATUS) | (__u64)status << STATE_STATUS_SHIFT;
}

/* Rows that do not say any more who is at the other end. Datagrams of a client behind a masquerade: another client may be given the same port at any time,
 * and open nothing that could be seen. And what goes to a Service where no after_nat sees which backend gets it now. */
static __always_inline bool is_doubtful(const struct packet *packet, __u64 state)
{
	struct runtime *now;

	if (!(state & STATE_REWRITTEN))
		return false;
	if (!(state & STATE_OPENED_BY_POD))
		return packet->direction == INGRESS && packet->protocol != IPPROTO_TCP;
	now = get_runtime();
	return packet->direction == EGRESS && !(now && now->after_nat);
}

/* The whole cost of an established flow: the row is of this generation, fresh, settled, and the packet neither opens nor closes. A row of the node's own
 * traffic is none for who is not the node. */
static __always_inline bool is_plain_hit(const struct packet *packet, const struct flow *flow, __u64 now,
					 bool from_node)
{
	__u64 state = READ_ONCE(flow->state);

	if (unlikely(state & (STATE_NODE | STATE_REWRITTEN)) &&
	    (((state & STATE_NODE) && packet->direction == INGRESS && !from_node) || is_doubtful(packet, state)))
		return false;
	return (state & (STATE_GENERATION | STATE_STATUS)) ==
		       (packet->generation | (__u64)STATUS_SETTLED << STATE_STATUS_SHIFT) &&
	       now - flow->seen < REFRESH_JIFFIES && !(packet->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST)) &&
	       !packet->opening;
}

/* The packet's row, and its word; NULL where there is none or it has been quiet for too long to say anything. */
static __always_inline struct flow *find_flow(const struct packet *packet, __u64 now, __u32 jiffies_per_second,
					      __u64 *state)
{
	struct flow *flow = bpf_map_lookup_elem(&conntrack, &packet->flow);
	__s64 age;

	if (!flow)
		return NULL;
	*state = READ_ONCE(flow->state);
	age = now - flow->seen;
	if (age > 0 && (__u64)age > (__u64)idle_limit(packet->protocol, status_of(*state)) * jiffies_per_second)
		return NULL;
	return flow;
}

/* Move a live row on; another CPU's word, or another flow's, is never overwritten. */
static __always_inline void update_flow(struct flow *flow, __u64 before, __u64 after, __u64 now)
{
	if (before != after)
		__sync_val_compare_and_swap(&flow->state, before, after);
	if (now - flow->seen >= REFRESH_JIFFIES)
		flow->seen = now;
}

static __always_inline void record_flow(const struct packet *packet, __u64 state, __u64 now)
{
	struct flow flow = { .state = state, .seen = now };

	/* A failed insertion (memory, a busy bucket before 6.15) leaves the flow unrecorded: its next packet is judged again. */
	bpf_map_update_elem(&conntrack, &packet->flow, &flow, BPF_ANY);
}
