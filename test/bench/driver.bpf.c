// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Drives a program under measurement: a test run repeats one packet, so this writes other ports and peers into it, then jumps. Its own cost, with an
 * empty program behind it, is the base that is subtracted. */

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

/* What to vary, and where it lies in the frame. Offsets of 0: leave alone. */
struct variation {
	__u32 port_offset;
	__u32 port_mask;
	__u32 peer_offset; /* last four bytes of the peer's address */
	__u32 peer_mask;
	__u32 sequential; /* count instead of drawing, so that no tuple repeats */
	__u32 zero;
	__u64 state;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct variation);
} variation SEC(".maps");

static __always_inline __u64 next(struct variation *v)
{
	__u64 x = v->state;

	if (v->sequential) {
		v->state = x + 1;
		return x;
	}
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	v->state = x;
	return x;
}

SEC("tc")
int drive(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 zero = 0;
	struct variation *v = bpf_map_lookup_elem(&variation, &zero);
	__u64 draw;

	if (!v)
		return TC_ACT_SHOT;
	draw = next(v);
	if (v->port_offset && v->port_offset < 128) {
		__be16 *port = data + v->port_offset;

		if ((void *)(port + 1) > end)
			return TC_ACT_SHOT;
		*port = bpf_htons(0x8000 | (draw & v->port_mask));
	}
	if (v->peer_offset && v->peer_offset < 128) {
		__be32 *peer = data + v->peer_offset;

		if ((void *)(peer + 1) > end)
			return TC_ACT_SHOT;
		*peer = bpf_htonl(0x0a800000 | ((draw >> (v->sequential ? 15 : 32)) & v->peer_mask));
	}
	bpf_tail_call(skb, &target, 0);
	return TC_ACT_SHOT;
}

SEC("tc")
int empty(struct __sk_buff *skb)
{
	return -1;
}

/* The anchor: the least that an established flow can cost. IPv4 alone, a 16-byte key, one flag; no options, fragments, source check or states. */
struct anchor_key {
	__be32 source;
	__be32 destination;
	__u32 ports;
	__u32 scope;
};

struct anchor_flow {
	__u64 state;
	__u64 seen;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 131072);
	__type(key, struct anchor_key);
	__type(value, struct anchor_flow);
} anchor_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} anchor_endpoints SEC(".maps");

SEC("tc")
int anchor(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	__u32 ifindex = skb->ifindex;
	__u64 *endpoint = bpf_map_lookup_elem(&anchor_endpoints, &ifindex);
	struct anchor_flow fresh = {}, *flow;
	struct anchor_key key;

	if (!endpoint || data + 42 > end || skb->protocol != bpf_htons(0x0800))
		return TC_ACT_SHOT;
	key.source = *(__be32 *)(data + 26);
	key.destination = *(__be32 *)(data + 30);
	key.ports = *(__u32 *)(data + 34);
	key.scope = ifindex << 8 | *(__u8 *)(data + 23);
	flow = bpf_map_lookup_elem(&anchor_flows, &key);
	if (flow && flow->state == *endpoint) {
		__u64 now = bpf_jiffies64();

		if (now - flow->seen >= 256)
			flow->seen = now;
		return -1;
	}
	bpf_map_update_elem(&anchor_flows, &key, &fresh, BPF_ANY);
	return -1;
}

/* The base of after_nat: what any netfilter program costs, the clock's two readings above all. */
SEC("netfilter")
int forwarded(void *context)
{
	return 1;
}

char _license[] SEC("license") = "GPL";
