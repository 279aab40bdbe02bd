/* Small programs and one map of each kind that the addon's tests use. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct key {
	__u32 id;
	__u16 port;
	__u8 protocol;
	__u8 flags;
};

struct value {
	__u64 packets;
	union {
		__u32 word;
		struct {
			__u16 low;
			__u16 high;
		};
	};
	struct key last;
};

struct settings {
	__u32 verdict;
	__u32 mark;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct key);
	__type(value, struct value);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

const volatile struct settings settings SEC(".rodata.settings") = { .verdict = 2, .mark = 7 };
const volatile __u32 plain = 3;
__u32 runs = 0;

SEC("tc")
int count_packet(struct __sk_buff *skb)
{
	__u32 zero = 0;
	__u32 *counter = bpf_map_lookup_elem(&counters, &zero);
	struct key key = { .id = skb->len, .protocol = 6 };
	struct value *flow = bpf_map_lookup_elem(&flows, &key);

	if (counter)
		*counter += 1;
	if (flow)
		flow->packets += 1;
	runs += 1;
	skb->mark = settings.mark;
	return (int)settings.verdict;
}

SEC("tc")
int answer_plain(struct __sk_buff *skb)
{
	return (int)plain;
}

SEC("tc")
int emit_event(struct __sk_buff *skb)
{
	__u32 *record = bpf_ringbuf_reserve(&events, 8, 0);

	if (!record)
		return 2;
	record[0] = skb->len;
	record[1] = skb->mark;
	bpf_ringbuf_submit(record, 0);
	return -1;
}

SEC("netfilter")
int accept_all(void *ctx)
{
	return 1;
}

SEC("tc")
int refused(struct __sk_buff *skb)
{
	/* Reads beyond the packet without asking how long it is: the verifier has to say no. */
	return *(__u8 *)(long)skb->data;
}

char _license[] SEC("license") = "Dual BSD/GPL";
