/** What state an endpoint can be in: open, isolated in one direction or both or none, held, unset. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { neighbourSolicitation, solicitedNode } from '../support/builders/discovery.ts';
import { arp, otherPacket, type Segment } from '../support/builders/frames.ts';
import { pod, policy } from '../support/builders/objects.ts';
import { sctp, tcp, udp } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, FRIEND, Stage, V4, V6, type Talk } from './stage.ts';

const PORTS = { source: 40000, destination: 80 };
const NODE = { fromNode: true } as const;

describe.each(FAMILIES)('an endpoint, over $name', needsKernel, (family) => {
  let stage: Stage;
  let friend: Talk;
  let stranger: Talk;
  const openings: readonly Segment[] = [tcp(PORTS), udp(PORTS), sctp(PORTS), family.echo()];

  beforeAll(() => {
    stage = new Stage();
    friend = stage.talk(family, family.friend);
    stranger = stage.talk(family, family.stranger);
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.kernel.forget());

  it('without policies in the cluster lets everything by, and remembers nothing', () => {
    stage.set({}, { policies: false });
    for (const segment of openings) expect([stranger.into(segment), stranger.out(segment)]).toEqual(['pass', 'pass']);
    expect(stage.kernel.flows()).toBe(0);
  });

  it('that no policy selects lets everything of its own by, and remembers nothing', () => {
    stage.set({});
    for (const segment of openings) expect([stranger.into(segment), stranger.out(segment)]).toEqual(['pass', 'pass']);
    expect(stage.out(family.packet(family.neighbour, family.stranger, tcp(PORTS)))).toBe('SPOOFED_SOURCE');
    expect(stage.kernel.flows()).toBe(0);
  });

  it('isolated for ingress opens to anyone and is reached by no one', () => {
    stage.set({ ingress: [] });
    for (const segment of openings) {
      stage.kernel.forget();
      expect([stranger.into(segment), stranger.out(segment)]).toEqual(['POLICY', 'pass']);
    }
  });

  it('isolated for egress is reached by anyone and opens to no one', () => {
    stage.set({ egress: [] });
    for (const segment of openings) {
      stage.kernel.forget();
      expect([stranger.out(segment), stranger.into(segment)]).toEqual(['POLICY', 'pass']);
    }
  });

  it('isolated for egress answers whoever reaches it', () => {
    stage.set({ egress: [] });
    stranger.into(tcp(PORTS));
    expect(stranger.out(tcp({ source: 80, destination: 40000, flags: ['syn', 'ack'] }))).toBe('pass');
    stranger.into(udp(PORTS));
    expect(stranger.out(udp({ source: 80, destination: 40000 }))).toBe('pass');
    stranger.into(family.echo());
    expect(stranger.out(family.echo({ reply: true }))).toBe('pass');
  });

  it('isolated both ways without rules is cut off', () => {
    stage.set({ ingress: [], egress: [] });
    for (const segment of openings) {
      for (const peer of [friend, stranger]) expect([peer.into(segment), peer.out(segment)]).toEqual(['POLICY', 'POLICY']);
    }
  });

  it('isolated with an empty rule lets everyone by', () => {
    stage.set({ ingress: [{}], egress: [{}] });
    for (const segment of openings) {
      for (const peer of [friend, stranger]) expect([peer.into(segment), peer.out(segment)]).toEqual(['pass', 'pass']);
    }
  });

  it('loses its isolation with its policy', () => {
    stage.set({ ingress: [], egress: [] });
    expect(stranger.into(tcp(PORTS))).toBe('POLICY');
    stage.kernel.delete(policy('shop/web', {}));
    expect(stranger.into(tcp(PORTS))).toBe('pass');
    expect(stage.out(family.packet(family.neighbour, family.stranger, tcp(PORTS)))).toBe('SPOOFED_SOURCE');
    stage.kernel.delete(policy('elsewhere/any', {}));
    expect(stage.out(family.packet(family.neighbour, family.stranger, tcp(PORTS)))).toBe('pass');
  });

  it('keeps established flows that are still allowed when its isolation begins', () => {
    stage.set({}, { ranOpen: true });
    stranger.out(tcp(PORTS));
    stage.edit({ ingress: [], egress: [{}] });
    expect(stranger.into(tcp({ source: 80, destination: 40000, flags: ['ack'] }))).toBe('pass');
    expect(stranger.out(tcp({ ...PORTS, flags: ['ack'] }))).toBe('pass');
  });

  describe('that is held', () => {
    beforeAll(() => {
      stage.set({});
      stage.kernel.bind('shop/unheard-of');
    });

    it('is talked to by the node alone', () => {
      const node = stage.talk(family, family.node);
      for (const segment of openings) {
        expect(node.into(segment, NODE)).toBe('pass');
        expect(stranger.into(segment)).toBe('HELD');
        expect(friend.into(segment)).toBe('HELD');
        expect(node.into(segment)).toBe('HELD');
      }
    });

    it('gets nothing of what cannot be judged', () => {
      expect(stage.into(otherPacket(0x88b5))).toBe('NOT_IP');
      const error = family.unreachable(family.packet(family.pod, family.friend, udp(PORTS)));
      expect(friend.into(error)).not.toBe('pass');
    });

    it('sends nothing: it has no address yet', () => {
      for (const segment of openings) expect(stranger.out(segment)).not.toBe('pass');
    });
  });

  it('that is held is let go once its pod is known', () => {
    stage.set({});
    stage.kernel.bind('shop/late');
    expect(stranger.into(tcp(PORTS))).toBe('HELD');
    stage.kernel.upsert(pod('shop/late', { node: 'node-1', addresses: [V4.pod, V6.pod], startedAt: 1000 }));
    expect(stranger.into(tcp(PORTS))).toBe('pass');
    expect(stranger.out(tcp(PORTS))).toBe('pass');
  });

  it('that was never set drops everything', () => {
    stage.set({});
    stage.kernel.unbind();
    for (const segment of openings) {
      expect([friend.into(segment), friend.out(segment), stage.talk(family, family.node).into(segment, NODE)]).toEqual([
        'UNSET',
        'UNSET',
        'UNSET',
      ]);
    }
    expect(stage.out(arp({ operation: 'request', sender: V4.pod, target: V4.gateway }))).toBe('UNSET');
    expect(stage.out(V6.packet(V6.pod, solicitedNode(V6.gateway), neighbourSolicitation(V6.gateway)))).toBe('UNSET');
    expect(stage.into(otherPacket(0x88b5))).toBe('UNSET');
  });
});

describe('an endpoint that is held', needsKernel, () => {
  it('takes part in ARP and discovery', () => {
    const stage = new Stage();
    stage.set({ ingress: [{ from: [FRIEND] }] });
    stage.kernel.bind('shop/unheard-of');
    expect(stage.into(arp({ operation: 'request', sender: V4.gateway, target: V4.pod }))).toBe('pass');
    expect(stage.into(V6.packet(V6.gateway, solicitedNode(V6.pod), neighbourSolicitation(V6.pod)))).toBe('pass');
    stage.close();
  });
});
