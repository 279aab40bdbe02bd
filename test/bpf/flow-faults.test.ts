/** Faults that the judging of flows once had, each by the shortest story that showed it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { destinationOptions, fragmentHeader, hopByHop } from '../support/builders/extension-headers.ts';
import { ipv4, ipv6, slice, type Packet, type Segment } from '../support/builders/frames.ts';
import { node, pod, policy } from '../support/builders/objects.ts';
import { icmp6Error, tcp, udp, type TcpFlag } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, FRIEND, Stage, V4, V6, type Family, type Talk } from './stage.ts';

const NODE = { fromNode: true } as const;
const TO_FRIEND = [{ to: [FRIEND] }];
const OF_FRIEND = [{ from: [FRIEND] }];
const DATA = new Uint8Array(100);

const segment = (source: number, destination: number, ...flags: TcpFlag[]): Segment => tcp({ source, destination, flags });

/** Bytes from `start` of a segment as a fragment of the datagram `id`. */
function fragment(family: Family, source: string, destination: string, whole: Segment, start: number, end?: number): Packet {
  const piece = slice(whole, start, end);
  return family === V4
    ? ipv4({ source, destination, id: 3, moreFragments: end !== undefined, fragmentOffset: start / 8 }, piece)
    : ipv6({ source, destination }, fragmentHeader({ id: 3, more: end !== undefined, offset: start / 8 }, piece));
}

describe.each(FAMILIES)('over $name', needsKernel, (family) => {
  let stage: Stage;
  let friend: Talk;
  let stranger: Talk;
  let kubelet: Talk;
  beforeAll(() => {
    stage = new Stage();
    friend = stage.talk(family, family.friend);
    stranger = stage.talk(family, family.stranger);
    kubelet = stage.talk(family, family.node);
  });
  afterAll(() => stage.close());

  /** The pod ran open until this policy, and holds whatever connections it had. */
  const isolateOpenPod = (rules: Parameters<Stage['set']>[0]): void => {
    stage.set({}, { ranOpen: true });
    stage.edit(rules);
  };

  describe('isolation for egress cuts what the pod had opened to those whom it may not reach,', () => {
    it('where the pod speaks first', () => {
      isolateOpenPod({ egress: [] });
      expect(stranger.out(segment(40000, 443, 'ack'))).toBe('FLOW_CUT');
      expect(stranger.into(segment(443, 40000, 'ack'))).toBe('FLOW_CUT');
      expect(stranger.out(segment(40000, 443, 'ack'))).toBe('FLOW_CUT');
    });

    it('where the server speaks first', () => {
      isolateOpenPod({ egress: [] });
      expect(stranger.into(segment(443, 40000, 'ack'))).toBe('FLOW_CUT');
      expect(stranger.out(segment(40000, 443, 'ack'))).toBe('FLOW_CUT');
    });

    it('by UDP: an answer that comes in does not become a question', () => {
      isolateOpenPod({ egress: [] });
      expect(stranger.into(udp({ source: 53, destination: 40000 }))).toBe('pass');
      expect(stranger.out(udp({ source: 40000, destination: 53 }))).toBe('POLICY');
    });

    it('and not what others had opened to the pod, whose SYN-ACK says so whatever its port', () => {
      isolateOpenPod({ egress: [] });
      expect(stranger.out(segment(80, 53, 'syn', 'ack'))).toBe('pass');
      expect(stranger.into(segment(53, 80, 'ack'))).toBe('pass');
      isolateOpenPod({ ingress: [], egress: TO_FRIEND });
      expect(friend.out(segment(53, 80, 'syn'))).toBe('pass');
      expect(friend.into(segment(80, 53, 'syn', 'ack'))).toBe('pass');
    });
  });

  it('a stray segment before its SYN does not save a connection from later edits', () => {
    stage.set({ ingress: OF_FRIEND });
    expect(friend.into(segment(40000, 80, 'ack'))).toBe('pass');
    expect(friend.into(segment(40000, 80, 'syn'))).toBe('pass');
    expect(friend.out(segment(80, 40000, 'syn', 'ack'))).toBe('pass');
    expect(friend.into(segment(40000, 80, 'ack'))).toBe('pass');
    stage.edit({ ingress: [] });
    expect(friend.into(segment(40000, 80, 'ack'))).toBe('FLOW_CUT');
    expect(friend.out(segment(80, 40000, 'ack'))).toBe('FLOW_CUT');
  });

  it('the same with the higher port at the server, where a guess by ports would be wrong', () => {
    stage.set({ ingress: OF_FRIEND });
    friend.into(segment(80, 40000, 'ack'));
    friend.into(segment(80, 40000, 'syn'));
    expect(friend.out(segment(40000, 80, 'syn', 'ack'))).toBe('pass');
    expect(friend.into(segment(80, 40000, 'ack'))).toBe('pass');
    stage.edit({ ingress: [] });
    expect(friend.into(segment(80, 40000, 'ack'))).toBe('FLOW_CUT');
  });

  it('a flow that was evicted and recovered by the pod is cut by an edit for its peer', () => {
    stage.set({ ingress: OF_FRIEND });
    friend.into(segment(40000, 80, 'syn'));
    friend.out(segment(80, 40000, 'syn', 'ack'));
    stage.kernel.evict();
    expect(friend.out(segment(80, 40000, 'ack'))).toBe('pass');
    stage.edit({ ingress: [] });
    expect(friend.into(segment(40000, 80, 'ack'))).toBe('FLOW_CUT');
  });

  it('later fragments of an inbound SYN leave no row', () => {
    stage.set({ ingress: OF_FRIEND });
    const syn = tcp({ source: 40000, destination: 80, data: DATA });
    expect(stage.into(fragment(family, family.friend, family.pod, syn, 0, 48))).toBe('pass');
    expect(stage.into(fragment(family, family.friend, family.pod, syn, 48))).toBe('pass');
    expect(stage.kernel.flows()).toBe(0);
  });

  it('later fragments of an allowed SYN pass while isolation begins, whatever a guess by ports would say', () => {
    isolateOpenPod({ egress: [] });
    const syn = tcp({ source: 53, destination: 80, data: DATA });
    expect(stage.into(fragment(family, family.stranger, family.pod, syn, 0, 48))).toBe('pass');
    expect(stage.into(fragment(family, family.stranger, family.pod, syn, 48))).toBe('pass');
    expect(stage.kernel.flows()).toBe(0);
    expect(stranger.out(segment(80, 53, 'syn', 'ack'))).toBe('pass');
  });

  it("later fragments of the pod's SYN do not make its connection look established", () => {
    stage.set({ ingress: [], egress: TO_FRIEND });
    const syn = tcp({ source: 40000, destination: 80, data: DATA });
    expect(stage.out(fragment(family, family.pod, family.friend, syn, 0, 48))).toBe('pass');
    expect(stage.out(fragment(family, family.pod, family.friend, syn, 48))).toBe('pass');
    stage.edit({ ingress: [], egress: TO_FRIEND });
    stage.kernel.elapse(61);
    expect(friend.into(segment(80, 40000, 'ack'))).toBe('NO_EVIDENCE');
  });

  it('an error about a flow that has timed out is as unrelated as its packets are', () => {
    stage.set({ ingress: OF_FRIEND, egress: [] });
    const [question, answer] = [udp({ source: 1000, destination: 53 }), udp({ source: 53, destination: 1000 })];
    const error = family.packet(family.stranger, family.pod, family.unreachable(family.packet(family.pod, family.friend, answer)));
    expect(friend.into(question)).toBe('pass');
    expect(stage.into(error)).toBe('pass');
    stage.kernel.elapse(121);
    expect(friend.out(answer)).toBe('POLICY');
    expect(stage.into(error)).toBe('ICMP_UNRELATED');
  });

  it('the SYN-ACK to an allowed SYN passes over a row of an older flow on its tuple', () => {
    stage.set({ ingress: OF_FRIEND, egress: TO_FRIEND });
    expect(friend.out(segment(80, 40000, 'syn'))).toBe('pass');
    stage.edit({ ingress: OF_FRIEND, egress: [] });
    expect(friend.into(segment(40000, 80, 'syn'))).toBe('pass');
    expect(friend.out(segment(80, 40000, 'syn', 'ack'))).toBe('pass');
    expect(friend.into(segment(40000, 80, 'ack'))).toBe('pass');
  });

  it('an address that the node loses takes its flows along', () => {
    stage.set({ ingress: [], egress: [] });
    expect(kubelet.out(udp({ source: 40000, destination: 53 }))).toBe('pass');
    expect(kubelet.into(udp({ source: 53, destination: 40000 }), NODE)).toBe('pass');
    stage.kernel.upsert(node('node-1', [V4.otherNode, V6.otherNode]));
    stage.kernel.sweep();
    expect(kubelet.out(udp({ source: 40000, destination: 53 }))).toBe('POLICY');
    expect(kubelet.into(udp({ source: 53, destination: 40000 }), NODE)).toBe('POLICY');
  });

  it("a connection of the node's leaves nothing that cuts who has its address next", () => {
    const block = { from: [{ ipBlock: { cidr: family === V4 ? '10.9.0.0/24' : 'fd00:9::/64' } }] };
    stage.set({ ingress: [block], egress: TO_FRIEND });
    kubelet.into(segment(40000, 80, 'syn'), NODE);
    expect(kubelet.out(segment(80, 40000, 'syn', 'ack'))).toBe('pass');
    stage.kernel.upsert(node('node-1', [V4.otherNode, V6.otherNode]));
    stage.edit({ ingress: [block], egress: [] });
    expect(kubelet.into(segment(40000, 80, 'syn'))).toBe('pass');
    expect(kubelet.out(segment(80, 40000, 'syn', 'ack'))).toBe('pass');
    expect(kubelet.into(segment(40000, 80, 'ack'))).toBe('pass');
  });

  it('an interface that is found again begins anew where rules have changed meanwhile', () => {
    stage.set({ egress: [{}] });
    expect(friend.out(udp({ source: 40000, destination: 53 }))).toBe('pass');
    stage.kernel.unbind();
    stage.edit({ egress: [] });
    stage.kernel.bind('shop/web');
    expect(friend.out(udp({ source: 40000, destination: 53 }))).not.toBe('pass');
  });

  it("another pod at the same interface does not inherit the first one's flows", () => {
    stage.set({ egress: [{}] });
    expect(friend.out(udp({ source: 40000, destination: 53 }))).toBe('pass');
    const heir = { node: 'node-1', addresses: [V4.pod, V6.pod], labels: { app: 'heir' }, startedAt: 1e9 };
    stage.kernel.upsert(
      pod('shop/heir', heir),
      policy('shop/heir', { podSelector: { matchLabels: { app: 'heir' } }, policyTypes: ['Ingress', 'Egress'] }),
    );
    stage.kernel.bind('shop/heir');
    expect(friend.into(udp({ source: 53, destination: 40000 }))).not.toBe('pass');
    expect(friend.out(udp({ source: 40000, destination: 53 }))).not.toBe('pass');
  });

  it('a datagram that may open is cut while an older flow of the other side stands on its tuple, and not for longer', () => {
    stage.set({ ingress: OF_FRIEND, egress: TO_FRIEND });
    expect(friend.out(udp({ source: 53, destination: 53 }))).toBe('pass');
    stage.edit({ ingress: OF_FRIEND, egress: [] });
    expect(friend.into(udp({ source: 53, destination: 53 }))).toBe('FLOW_CUT');
    stage.kernel.elapse(121);
    expect(friend.into(udp({ source: 53, destination: 53 }))).toBe('pass');
  });

  it('a pod that replaces another under its address and labels keeps its flows at the next sweep', () => {
    stage.set({ ingress: OF_FRIEND, egress: [] });
    const peer = { node: 'node-2', addresses: [V4.friend, V6.friend], labels: { app: 'friend' }, startedAt: 1e9, uid: 'next' };
    stage.kernel.tell([
      { type: 'delete', kind: 'Pod', key: 'shop/friend' },
      { type: 'upsert', object: pod('shop/friend-2', peer) },
    ]);
    expect(friend.into(udp({ source: 1000, destination: 53 }))).toBe('pass');
    stage.kernel.sweep();
    expect(friend.out(udp({ source: 53, destination: 1000 }))).toBe('pass');
  });
});

describe('IPv6', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());

  it('a later fragment stays out of a transport header that begins behind extension headers', () => {
    stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 53, protocol: 'UDP' }] }] });
    const whole = destinationOptions(udp({ source: 1000, destination: 53, data: DATA }));
    const from = (next: Segment): Packet => ipv6({ source: V6.friend, destination: V6.pod }, next);
    expect(stage.into(from(fragmentHeader({ id: 9, more: true }, slice(whole, 0, 64))))).toBe('pass');
    expect(stage.into(from(fragmentHeader({ id: 9, offset: 1 }, slice(whole, 8))))).toBe('FRAGMENT_OVERLAP');
    expect(stage.into(from(fragmentHeader({ id: 9, offset: 2 }, slice(whole, 16))))).toBe('pass');
  });

  it.each([
    { name: 'hop-by-hop options', wrap: hopByHop },
    { name: 'destination options', wrap: destinationOptions },
  ])('an error about an allowed packet behind $name reaches the pod', ({ wrap }) => {
    stage.set({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 80 }] }] });
    const sent = ipv6({ source: V6.pod, destination: V6.friend }, wrap(tcp({ source: 40000, destination: 80 })));
    expect(stage.out(sent)).toBe('pass');
    expect(stage.into(ipv6({ source: V6.stranger, destination: V6.pod }, icmp6Error('packet-too-big', sent)))).toBe('pass');
  });
});
