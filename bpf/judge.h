/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* The verdict on a packet that no plain hit explains: openings, misses, rows of an older generation, ICMP errors. */
#pragma once

#include "conntrack.h"
#include "frontend.h"

static __always_inline __u32 judge_opening(const struct packet *packet, const struct endpoint_config *config,
					   __u32 identity, enum direction opened)
{
	/* Ports always mean the port of the side that was opened to. ICMP has none: its key's words are no ports. */
	bool icmp = packet->protocol == IPPROTO_ICMP || packet->protocol == PROTOCOL_ICMPV6;
	__u64 ports = packet->flow.ports;
	__u64 verdict;

	if (opened == EGRESS) {
		verdict = judge(&config->direction[EGRESS], identity, packet->protocol, icmp ? 0 : ports >> 16);
		/* Two calls, each with its own pointer: see choose_address. */
		barrier_var(verdict);
	} else {
		verdict = judge(&config->direction[INGRESS], identity, packet->protocol, icmp ? 0 : ports & 0xffff);
	}
	return verdict;
}

static __always_inline enum direction other(enum direction direction)
{
	return direction == INGRESS ? EGRESS : INGRESS;
}

/* A pod that ran open before it was isolated, or before the agent's first start, may have flows that nobody recorded. */
static __always_inline bool in_take_over(const struct endpoint_config *config)
{
	return config->take_over_until && bpf_ktime_get_ns() < config->take_over_until;
}

/* The first second of two minutes, for answers that were on their way. */
#define DATAGRAM_WINDOW_ENDS (119 * 1000000000ull)

static __always_inline bool in_take_over_of_datagrams(const struct endpoint_config *config)
{
	return config->take_over_until && bpf_ktime_get_ns() + DATAGRAM_WINDOW_ENDS < config->take_over_until;
}

/* What becomes of conntrack after a verdict. */
enum record {
	RECORD_ALLOWED = 0, /* a row for what is allowed */
	RECORD_NOTHING,
	RECORD_CUT, /* a row that is never current: whatever comes is judged again */
};

struct decision {
	__u32 verdict;
	__u32 reason;
	__u64 flags; /* STATE_NODE, STATE_REWRITTEN */
	__u32 opened;
	__u32 record;
};

static __always_inline void decide(struct decision *decision, __u32 verdict, __u32 reason, __u64 flags)
{
	decision->verdict = verdict;
	decision->reason = reason;
	decision->flags = flags;
}

static __always_inline bool is_syn_ack(const struct packet *packet)
{
	return packet->protocol == IPPROTO_TCP && (packet->tcp_flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
}

/* Who opened a flow that is met on its way? A SYN-ACK tells, and the kernel's conntrack where it is used; else the side with the lower port is taken for
 * the server. */
static __always_inline enum direction guess_opener(const struct packet *packet, const struct kernel_flow *kernel)
{
	__u32 local = bpf_ntohs(packet->flow.local_port), remote = bpf_ntohs(packet->flow.remote_port);

	if (is_syn_ack(packet))
		return other(packet->direction);
	if (kernel->known)
		return kernel->opened;
	return local == remote ? packet->direction : local < remote ? INGRESS : EGRESS;
}

/* One end below the ports that systems give to clients (32768 and above, net.ipv4.ip_local_port_range), the other among them. */
static __always_inline bool has_clear_server(const struct packet *packet)
{
	return (bpf_ntohs(packet->flow.local_port) ^ bpf_ntohs(packet->flow.remote_port)) & 0x8000;
}

/* A flow without a row, or an opening. */
STEP int judge_unknown(struct __sk_buff *skb, const struct packet *packet, const struct endpoint_config *config,
		       __u32 identity, struct decision *decision)
{
	struct kernel_flow kernel = {};
	/* As wide as a slot of the stack: without CAP_PERFMON the verifier does not take half a slot where a pointer lay before. */
	__u64 own, opener, mine, theirs, tcp, window, reply;

	if (!packet || !config || !decision)
		return 0;
	own = packet->direction;
	tcp = packet->protocol == IPPROTO_TCP;
	decision->opened = own;
	/* The pod's SYN-ACK says itself that the peer opened. */
	if (own == EGRESS && is_syn_ack(packet)) {
		mine = judge_opening(packet, config, identity, INGRESS);
		if (mine != DENY) {
			decision->opened = INGRESS;
			decide(decision, mine, REASON_ALLOWED, 0);
			return 0;
		}
	}
	mine = judge_opening(packet, config, identity, own);
	decide(decision, mine, mine == DENY ? REASON_POLICY : REASON_ALLOWED, 0);
	if (packet->opening || (!tcp && packet->protocol != IPPROTO_UDP))
		return 0;
	window = in_take_over(config);
	barrier_var(window);
	if (!tcp && !window && mine != DENY)
		return 0;
	theirs = judge_opening(packet, config, identity, other(own));
	if (theirs == DENY && mine == DENY)
		return 0;
	ask_kernel(skb, packet, &kernel);
	opener = guess_opener(packet, &kernel);
	if ((kernel.known || window) && (opener == own ? mine : theirs) == DENY) {
		/* Its opener may not open it: it must not live on as one that the other side opened, which its next packet would make it. A datagram
		 * may open a flow of its own at any time: it passes where the policy lets it, and explains nothing. */
		decision->record = RECORD_NOTHING;
		if (tcp && window) {
			decision->opened = opener;
			decision->record = RECORD_CUT;
			decide(decision, DENY, REASON_FLOW_CUT, 0);
		}
		return 0;
	}
	if (mine != DENY) {
		if (tcp)
			decision->opened = opener;
		return 0;
	}
	/* The policy allows the opposite opening. Is this its reply? Out of the pod, TCP needs no proof: such a segment opens nothing. Into the pod it
	 * does, or stray segments from anyone would reach every pod whose egress is open. UDP always needs it. */
	if (kernel.known)
		reply = true;
	else if (tcp)
		reply = own == EGRESS || window;
	else
		reply = opener != own && has_clear_server(packet) && in_take_over_of_datagrams(config);
	if (reply) {
		decide(decision, theirs, REASON_REPLY, 0);
		decision->opened = other(own);
		if (!tcp && !kernel.known)
			decision->record = RECORD_NOTHING;
	} else if (tcp) {
		decision->reason = REASON_NO_EVIDENCE;
	}
	return 0;
}

/* A row of an older generation: judged again in the direction in which the flow was opened. */
static __always_inline void judge_again(const struct packet *packet, const struct endpoint_config *config,
					__u32 identity, __u64 state, struct decision *decision)
{
	__u32 verdict;

	decision->opened = opened_direction(state);
	verdict = judge_opening(packet, config, identity, decision->opened);
	decide(decision, verdict, verdict == DENY ? REASON_FLOW_CUT : REASON_ALLOWED, 0);
}

/* Does the node itself send this into the pod? What came in by an interface was sent by someone else, with or without masquerade. */
static __always_inline bool is_from_node(const struct __sk_buff *skb, const struct packet *packet)
{
	return packet->direction == INGRESS && skb->ingress_ifindex == 0;
}

/* By whom the kernel's conntrack says that it is: a Service's backend, or the client behind a masquerade. */
STEP int judge_real_peer(const struct packet *packet, const struct endpoint_config *config,
			 const struct kernel_flow *kernel, struct decision *decision)
{
	struct identity_row peer;
	__u32 verdict;

	if (!packet || !config || !kernel || !decision)
		return 0;
	decision->opened = kernel->opened;
	peer = find_identity(&kernel->peer);
	if (is_own_address(config, &kernel->peer) && !kernel->forged) {
		decide(decision, ALLOW, REASON_ALLOWED, STATE_REWRITTEN);
	} else if (packet->direction == EGRESS &&
		   ((peer.flags & IDENTITY_OWN_NODE) || address_is_loopback(&kernel->peer))) {
		/* The node's own question was let in by its origin: see is_from_node. */
		decide(decision, ALLOW, REASON_NODE, STATE_NODE);
	} else {
		if (kernel->opened == EGRESS) {
			verdict = judge(&config->direction[EGRESS], peer.identity, packet->protocol, kernel->port);
			barrier_var(verdict);
		} else {
			verdict = judge(&config->direction[INGRESS], peer.identity, packet->protocol,
					packet->flow.local_port);
		}
		decide(decision, verdict, verdict == DENY ? REASON_POLICY : REASON_ALLOWED, STATE_REWRITTEN);
	}
	return 0;
}

enum who {
	WHO_IT_SAYS = 0, /* judge it by the address that it carries */
	WHO_DECIDED,
	WHO_LATER, /* nobody can tell yet: it leaves the pod, and after_nat judges it */
};

/* Hints for judge_translated. */
#define HINT_NODE (1ull << 0) /* the peer's address is the own node's */
#define HINT_REWRITTEN (1ull << 1) /* its row says that addresses were rewritten */

/* Frontends, the own node's addresses, and flows that were rewritten before: the address on the packet need not be the peer's own. */
STEP int judge_translated(struct __sk_buff *skb, const struct packet *packet, const struct endpoint_config *config,
			  __u64 hints, struct decision *decision)
{
	struct runtime *now = get_runtime();
	struct kernel_flow kernel = {};
	/* As wide as a slot of the stack: see judge_unknown. */
	__u64 node = hints & HINT_NODE, frontend = 0, out, rewritten, known;

	if (!packet || !config || !decision || !now)
		return WHO_IT_SAYS;
	out = packet->direction == EGRESS;
	if (is_isolated(config, EGRESS) && (out || !packet->opening))
		frontend = look_up_frontend(packet, false);
	/* An address proves nothing, and neither does origin: SYNPROXY and transparent sockets re-create remote clients here. Both together do. */
	if (is_from_node(skb, packet) && (node || frontend)) {
		decide(decision, ALLOW, REASON_NODE, STATE_NODE);
		return WHO_DECIDED;
	}
	if (!node && !frontend && !(hints & HINT_REWRITTEN))
		return WHO_IT_SAYS;
	ask_kernel(skb, packet, &kernel);
	known = kernel.known;
	rewritten = kernel.rewritten;
	if (out && packet->opening) {
		/* What a new connection will be rewritten to is not decided yet. But the kernel would take its SYN for one of an earlier connection
		 * from the same port, whose end it has not seen, and send it to that one's backend. */
		if (rewritten && kernel.opened == EGRESS && is_isolated(config, EGRESS)) {
			judge_real_peer(packet, config, &kernel, decision);
			if (decision->verdict == DENY)
				make_kernel_forget(skb, packet);
		}
		known = rewritten = false;
	}
	if (rewritten) {
		if (!out && is_own_address(config, &kernel.peer))
			kernel.forged = !has_asked_itself(skb, packet);
		judge_real_peer(packet, config, &kernel, decision);
		return WHO_DECIDED;
	}
	if (out && !frontend && node && !now->after_nat && is_isolated(config, EGRESS))
		frontend = look_up_frontend(packet, true);
	if (out && frontend && !known) {
		if (now->after_nat)
			return WHO_LATER;
		if (all_endpoints_allowed(&config->direction[EGRESS], frontend - 1))
			decide(decision, ALLOW, REASON_ALLOWED, STATE_REWRITTEN);
		else
			decide(decision, DENY, REASON_FRONTEND, 0);
		return WHO_DECIDED;
	}
	if (out && node) {
		decide(decision, ALLOW, REASON_NODE, STATE_NODE);
		return WHO_DECIDED;
	}
	/* A frontend only ever answers. Where nobody can say for which backend, the row being from before the last edit, the pod's next packet decides. */
	if (!out && !known &&
	    (frontend || ((hints & HINT_REWRITTEN) && decision->opened == EGRESS && !can_ask_kernel(packet)))) {
		decide(decision, DENY, REASON_NO_EVIDENCE, 0);
		return WHO_DECIDED;
	}
	return WHO_IT_SAYS;
}

static __always_inline __u64 hints_of(const struct identity_row *peer, __u64 state)
{
	return (peer->flags & IDENTITY_OWN_NODE ? HINT_NODE : 0) | (state & STATE_REWRITTEN ? HINT_REWRITTEN : 0);
}

static __always_inline int conclude_decision(struct __sk_buff *skb, const struct packet *packet,
					     const struct decision *decision)
{
	return conclude(packet, decision->verdict, decision->verdict == WOULD_DENY ? REASON_TRIAL : decision->reason,
			skb->ifindex, skb->len);
}

/* What the node may say to the pod is not for others who use its tuple. And the pod's SYN-ACK answers an opening that left no trace: whatever stands there is
 * of an earlier flow. */
static __always_inline bool may_explain(const struct __sk_buff *skb, const struct packet *packet, __u64 state)
{
	if (packet->direction == INGRESS)
		return !(state & STATE_NODE) || is_from_node(skb, packet);
	return !is_syn_ack(packet);
}

STEP int judge_flow(struct __sk_buff *skb, struct packet *packet, const struct endpoint_config *config)
{
	struct runtime *clock = get_runtime();
	__u64 now = bpf_jiffies64();
	struct decision decision = {};
	struct identity_row peer;
	__u64 state = 0, next;
	struct flow *flow = NULL;
	__u32 status;
	int who;

	if (!clock || !packet || !config)
		return DROP;
	/* An opening is judged whatever the table says. */
	if (!packet->opening)
		flow = find_flow(packet, now, clock->jiffies_per_second, &state);
	if (flow && !may_explain(skb, packet, state)) {
		flow = NULL;
		state = 0;
	}
	if (flow && (state & STATE_GENERATION) == packet->generation && !(config->flags & ENDPOINT_HELD) &&
	    !is_doubtful(packet, state)) {
		if (packet->fragment != FRAGMENT_LATER)
			update_flow(flow, state, next_state(packet, state), now);
		return PASS;
	}
	/* The pod to itself, through a hairpin: by its own interface in and out. Over IPv6 the pod's kernel would take such a packet from anywhere. */
	if (is_own_address(config, &packet->flow.remote) && is_own_address(config, &packet->local) &&
	    (packet->direction == EGRESS || skb->ingress_ifindex == skb->ifindex))
		return PASS;

	peer = find_identity(&packet->flow.remote);
	decision.opened = flow ? opened_direction(state) : packet->direction;
	who = judge_translated(skb, packet, config, hints_of(&peer, flow ? state : 0), &decision);
	if ((config->flags & ENDPOINT_HELD) && !(who == WHO_DECIDED && decision.reason == REASON_NODE)) {
		decide(&decision, DENY, REASON_HELD, 0);
	} else if (who == WHO_LATER) {
		/* What after_nat allows it writes into this row. Where there is none, somebody else sends with the pod's address. */
		if (!flow && packet->fragment != FRAGMENT_LATER)
			record_flow(packet,
				    make_state(GENERATION_NEVER, EGRESS, next_status(packet, STATUS_OPENING), 0), now);
		return PASS;
	} else if (who == WHO_DECIDED) {
		if (flow && decision.verdict == DENY && decision.reason == REASON_POLICY)
			decision.reason = REASON_FLOW_CUT;
	} else if (flow) {
		judge_again(packet, config, peer.identity, state, &decision);
	} else {
		judge_unknown(skb, packet, config, peer.identity, &decision);
	}

	if (packet->fragment == FRAGMENT_LATER) {
		/* Its first has recorded what there is to record. */
	} else if (decision.record == RECORD_CUT) {
		record_flow(packet, make_state(GENERATION_NEVER, decision.opened, STATUS_SETTLED, 0), now);
	} else if (decision.verdict != DENY && decision.record == RECORD_ALLOWED) {
		status = next_status(packet, flow ? status_of(state) : STATUS_OPENING);
		next = make_state(packet->generation, decision.opened, status, decision.flags);
		if (flow)
			update_flow(flow, state, next, now);
		else if (packet->protocol != IPPROTO_TCP || packet->direction == EGRESS || !packet->opening)
			/* An inbound SYN leaves no row, so a flood of them leaves nothing behind: the pod's SYN-ACK records. An older row of the
			 * tuple is replaced. */
			record_flow(packet, next, now);
	}
	return conclude_decision(skb, packet, &decision);
}

/* The packet that an ICMP error quotes, seen as what it was: it went the other way. */
STEP int parse_quoted(struct __sk_buff *skb, const struct packet *error, struct packet *quoted)
{
	if (!error || !quoted)
		return false;
	quoted->endpoint = error->endpoint;
	quoted->counters = error->counters;
	quoted->generation = error->generation;
	quoted->direction = other(error->direction);
	quoted->kind = KIND_FLOW;
	quoted->l3 = error->l4 + 8;
	if (error->ipv6) {
		struct ipv6hdr ip;

		if (bpf_skb_load_bytes(skb, quoted->l3, &ip, sizeof(ip)) || ip.version != 6)
			return false;
		set_ipv6_addresses(quoted, &ip.saddr, &ip.daddr);
		if (has_mapped_address(quoted))
			return false;
		quoted->protocol = ip.nexthdr;
		quoted->l4 = quoted->l3 + sizeof(ip);
		for (int i = 0; i < MAX_EXTENSION_HEADERS; i++) {
			struct {
				__u8 next;
				__u8 length;
				__be16 offset; /* fragment header only */
			} extension;

			if (!is_extension_header(quoted->protocol))
				break;
			if (bpf_skb_load_bytes(skb, quoted->l4, &extension, sizeof(extension)))
				return false;
			if (quoted->protocol == HEADER_FRAGMENT && (extension.offset & bpf_htons(0xfff8)))
				return false;
			quoted->l4 += extension_length(quoted->protocol, extension.length);
			quoted->protocol = extension.next;
		}
	} else {
		struct iphdr ip;

		if (bpf_skb_load_bytes(skb, quoted->l3, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5 ||
		    (ip.frag_off & bpf_htons(IPV4_FRAGMENT_OFFSET)))
			return false;
		set_ipv4_addresses(quoted, ip.saddr, ip.daddr);
		quoted->protocol = ip.protocol;
		quoted->l4 = quoted->l3 + ip.ihl * 4;
	}
	/* RFC 792 promises eight bytes of the transport header: the ports, or an echo's type and identifier. */
	struct {
		__u32 ports;
		__be16 id;
		__be16 sequence;
	} start;

	if (quoted->l4 + sizeof(start) > error->end || bpf_skb_load_bytes(skb, quoted->l4, &start, sizeof(start)))
		return false;
	if (quoted->protocol == (error->ipv6 ? PROTOCOL_ICMPV6 : IPPROTO_ICMP)) {
		__u8 type = bpf_ntohl(start.ports) >> 24;
		bool request = type == (error->ipv6 ? ICMPV6_ECHO_REQUEST : ICMP_ECHO_REQUEST);

		if (!request && type != (error->ipv6 ? ICMPV6_ECHO_REPLY : ICMP_ECHO_REPLY))
			return false;
		quoted->flow.local_port = start.id;
		quoted->flow.remote_port =
			bpf_htons((quoted->direction == EGRESS) == request ? ECHO_BY_POD : ECHO_BY_PEER);
	} else if (quoted->protocol == IPPROTO_TCP || quoted->protocol == IPPROTO_UDP ||
		   quoted->protocol == PROTOCOL_SCTP) {
		set_ports(quoted, start.ports);
	}
	return true;
}

/* An ICMP error passes where the packet that it quotes would. It records nothing. */
STEP int judge_icmp_error(struct __sk_buff *skb, struct packet *error, const struct endpoint_config *config)
{
	struct decision decision = { .verdict = DENY, .reason = REASON_ICMP_UNRELATED };
	struct runtime *clock = get_runtime();
	struct packet quoted = {};
	struct identity_row peer;
	struct flow *flow;
	__u64 state = 0;
	int who;

	if (!error || !config || !clock)
		return DROP;
	if (!is_isolated(config, error->direction) && !(config->flags & ENDPOINT_HELD))
		return PASS;
	/* The pod itself, as in judge_flow; and the node's own word, such as its refusal of a Service without endpoints. */
	if (is_own_address(config, &error->flow.remote) && is_own_address(config, &error->local) &&
	    (error->direction == EGRESS || skb->ingress_ifindex == skb->ifindex))
		return PASS;
	peer = find_identity(&error->flow.remote);
	if ((peer.flags & IDENTITY_OWN_NODE) && is_from_node(skb, error))
		return PASS;
	if (!parse_quoted(skb, error, &quoted) || !is_own_address(config, &quoted.local))
		return conclude_decision(skb, error, &decision);
	/* Out of a pod, the error must go to the one whose packet it quotes. */
	if (error->direction == EGRESS && !address_equal(&quoted.flow.remote, &error->flow.remote))
		return conclude_decision(skb, error, &decision);
	peer = find_identity(&quoted.flow.remote);
	/* About the own node, and the pod itself. */
	if ((peer.flags & IDENTITY_OWN_NODE) || is_own_address(config, &quoted.flow.remote))
		return PASS;
	if (config->flags & ENDPOINT_HELD)
		return conclude_decision(skb, error, &decision);
	set_scope(&quoted);
	flow = find_flow(&quoted, bpf_jiffies64(), clock->jiffies_per_second, &state);
	decision.opened = flow ? opened_direction(state) : quoted.direction;
	if (flow && (state & STATE_GENERATION) == quoted.generation)
		return PASS;
	who = judge_translated(skb, &quoted, config, hints_of(&peer, flow ? state : 0), &decision);
	if (who == WHO_IT_SAYS && flow)
		judge_again(&quoted, config, peer.identity, state, &decision);
	else if (who == WHO_IT_SAYS)
		judge_unknown(skb, &quoted, config, peer.identity, &decision);
	if (decision.verdict == DENY)
		decision.reason = REASON_ICMP_UNRELATED;
	return conclude_decision(skb, error, &decision);
}
