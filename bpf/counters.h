/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* What user space hears: counters for each endpoint, and rate-limited events with the addresses. */
#pragma once

#include "packet.h"
#include "reasons.h"

/* One row for each endpoint and CPU, by the slot that its configuration names. Established flows are not counted: that would cost more than judging
 * them. Slot 0 is for what has no endpoint, and for endpoints beyond the last slot. */
struct endpoint_counters {
	__u64 packets[2][REASON_SLOTS];
	__u64 window; /* jiffies >> EVENT_WINDOW_SHIFT */
	__u32 sent; /* events in this window */
	__u32 lost; /* events that did not fit the rate or the ring */
};
_Static_assert(sizeof(struct endpoint_counters) == 2 * REASON_SLOTS * 8 + 16, "mirrored in src/datapath/layout.ts");

#define COUNTER_SLOTS 1024

#define EVENT_WINDOW_SHIFT 8 /* 256 jiffies: 0.25 to 2.5 seconds */
#define EVENTS_PER_WINDOW 32

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_SLOTS);
	__type(key, __u32);
	__type(value, struct endpoint_counters);
} counters SEC(".maps");

struct event {
	__u64 time; /* CLOCK_MONOTONIC nanoseconds */
	__u32 endpoint;
	__u32 ifindex;
	struct address source;
	struct address destination;
	__be16 source_port;
	__be16 destination_port;
	__u8 direction;
	__u8 verdict;
	__u8 reason;
	__u8 protocol;
	__u8 tcp_flags;
	__u8 icmp_type;
	__u16 zero;
	__u32 length;
};
_Static_assert(sizeof(struct event) == 64, "mirrored in src/datapath/layout.ts");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

/* What the agent may change while packets run, and what it measures. One row, mapped into its memory. */
struct runtime {
	__u32 prefix_families; /* bit 0: the trie holds IPv4 rows, bit 1: IPv6 rows */
	__u32 trace_flows; /* send an event for each new allowed flow too */
	__u32 jiffies_per_second;
	__u32 after_nat; /* that program is attached and judges Services; 0: from_pod does, by all of their endpoints */
	__u64 clock_jiffies; /* written by read_clock */
	__u64 clock_nanoseconds;
};
_Static_assert(sizeof(struct runtime) == 32, "mirrored in src/datapath/layout.ts");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct runtime);
} runtime SEC(".maps");

static __always_inline struct runtime *get_runtime(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&runtime, &zero);
}

static __always_inline bool may_send_event(struct endpoint_counters *row)
{
	__u64 window = bpf_jiffies64() >> EVENT_WINDOW_SHIFT;

	if (row->window != window) {
		row->window = window;
		row->sent = 0;
	}
	if (row->sent >= EVENTS_PER_WINDOW) {
		row->lost++;
		return false;
	}
	row->sent++;
	return true;
}

/* A function of its own, called in the one place, so that the object's BTF describes struct event: a ring buffer's records have no type. */
static __noinline void fill_event(const struct packet *packet, struct event *event, __u32 verdict_and_reason,
				  __u32 ifindex, __u32 length)
{
	bool out = packet->direction == EGRESS;
	__u32 ports = packet->flow.ports;

	event->time = bpf_ktime_get_ns();
	event->endpoint = packet->endpoint;
	event->ifindex = ifindex;
	choose_address(&event->source, out, &packet->local, &packet->flow.remote);
	choose_address(&event->destination, out, &packet->flow.remote, &packet->local);
	event->source_port = out ? ports : ports >> 16;
	event->destination_port = out ? ports >> 16 : ports;
	event->direction = packet->direction;
	event->verdict = verdict_and_reason >> 8;
	event->reason = verdict_and_reason;
	event->protocol = packet->protocol;
	event->tcp_flags = packet->tcp_flags;
	event->icmp_type = packet->icmp_type;
	event->zero = 0;
	event->length = length;
}

static __always_inline void send_event(const struct packet *packet, struct endpoint_counters *row,
				       __u32 verdict_and_reason, __u32 ifindex, __u32 length)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event) {
		row->lost++;
		return;
	}
	fill_event(packet, event, verdict_and_reason, ifindex, length);
	/* The reader polls the ring by epoll; one wake-up for each of at most EVENTS_PER_WINDOW events is cheap enough. */
	bpf_ringbuf_submit(event, 0);
}

/* Count, tell user space where it wants to know, and give the packet's fate. `ifindex` is the pod's, `length` the frame's. */
STEP int conclude(const struct packet *packet, __u32 verdict, __u32 reason, __u32 ifindex, __u32 length)
{
	struct endpoint_counters *row;
	struct runtime *now;
	__u32 slot;

	if (!packet)
		return DROP;
	slot = packet->counters;
	row = bpf_map_lookup_elem(&counters, &slot);
	now = get_runtime();
	if (row && now && reason < REASON_SLOTS) {
		row->packets[packet->direction & 1][reason]++;
		if ((verdict != ALLOW || now->trace_flows) && may_send_event(row))
			send_event(packet, row, verdict << 8 | reason, ifindex, length);
	}
	return verdict == DENY ? DROP : PASS;
}

/* An interface that carries our programs, and whose word nobody wrote: closed. Counted in slot 0. */
static __noinline int drop_unset(struct __sk_buff *skb, __u32 direction)
{
	struct packet packet = { .direction = direction };

	return conclude(&packet, DENY, REASON_UNSET, skb->ifindex, skb->len);
}
