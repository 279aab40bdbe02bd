/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Who is really at the other end, where the address on a packet need not be the peer's own: Services, masqueraded clients, the own node. */
#pragma once

#include "conntrack.h"
#include "frontend.h"

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

/* What a new connection will be rewritten to is not decided yet. But the kernel would take its SYN for one of an earlier connection from the same port,
 * whose end it has not seen, and send it to that one's backend. */
static __always_inline void forget_denied_backend(struct __sk_buff *skb, const struct packet *packet,
						  const struct endpoint_config *config, struct kernel_flow *kernel,
						  struct decision *decision)
{
	ask_kernel(skb, packet, kernel);
	if (kernel->rewritten && kernel->opened == EGRESS) {
		judge_real_peer(packet, config, kernel, decision);
		if (decision->verdict == DENY)
			make_kernel_forget(skb, packet);
	}
	kernel->known = kernel->rewritten = false;
}

/* Frontends, the own node's addresses, and flows that were rewritten before: the address on the packet need not be the peer's own. */
STEP int judge_translated(struct __sk_buff *skb, const struct packet *packet, const struct endpoint_config *config,
			  __u64 hints, struct decision *decision)
{
	struct runtime *now = get_runtime();
	struct kernel_flow kernel = {};
	/* As wide as a slot of the stack: see judge_unknown. */
	__u64 node = hints & HINT_NODE, frontend = 0, out;

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
	if (!out || !packet->opening)
		ask_kernel(skb, packet, &kernel);
	else if (is_isolated(config, EGRESS))
		forget_denied_backend(skb, packet, config, &kernel, decision);
	if (kernel.rewritten) {
		if (!out && is_own_address(config, &kernel.peer))
			kernel.forged = !has_asked_itself(skb, packet);
		judge_real_peer(packet, config, &kernel, decision);
		return WHO_DECIDED;
	}
	if (out && !frontend && node && !now->after_nat && is_isolated(config, EGRESS))
		frontend = look_up_frontend(packet, true);
	if (out && frontend && !kernel.known) {
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
	if (!out && !kernel.known &&
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
