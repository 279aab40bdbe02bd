/** TCP, segment by segment: what opens, what proves a reply, how a flow closes and ages. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { tcp, type TcpFlag } from '../support/builders/segments.ts';
import type { Segment } from '../support/builders/frames.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, FRIEND, Stage, type Talk } from './stage.ts';

const WEB = 80;
const CLIENT = 40000;
const request = (...flags: TcpFlag[]): Segment => tcp({ source: CLIENT, destination: WEB, flags });
const answer = (...flags: TcpFlag[]): Segment => tcp({ source: WEB, destination: CLIENT, flags });

describe.each(FAMILIES)('TCP over $name', needsKernel, (family) => {
  let stage: Stage;
  let friend: Talk;
  let stranger: Talk;

  beforeAll(() => {
    stage = new Stage();
    friend = stage.talk(family, family.friend);
    stranger = stage.talk(family, family.stranger);
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.kernel.forget());

  describe('to a pod that only its friend may reach', () => {
    beforeAll(() => stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: WEB }] }], egress: [] }));

    it('a whole conversation passes, and leaves one row', () => {
      expect([friend.into(request('syn')), stage.kernel.flows()]).toEqual(['pass', 0]);
      expect([friend.out(answer('syn', 'ack')), stage.kernel.flows()]).toEqual(['pass', 1]);
      for (const segment of [request('ack'), request('psh', 'ack'), request('fin', 'ack')]) expect(friend.into(segment)).toBe('pass');
      for (const segment of [answer('ack'), answer('psh', 'ack'), answer('fin', 'ack')]) expect(friend.out(segment)).toBe('pass');
      expect(friend.into(request('ack'))).toBe('pass');
      expect(stage.kernel.flows()).toBe(1);
    });

    it('any segment with SYN and without ACK is an opening', () => {
      for (const flags of [['syn'], ['syn', 'fin'], ['syn', 'rst'], ['syn', 'ece', 'cwr'], ['syn', 'psh', 'urg']] as TcpFlag[][]) {
        expect(stranger.into(request(...flags)), flags.join()).toBe('POLICY');
        expect(friend.into(tcp({ source: CLIENT, destination: 81, flags })), flags.join()).toBe('POLICY');
      }
    });

    it('no segment of a stranger gets in, whatever its flags', () => {
      for (let bits = 0; bits < 256; bits += 1) {
        const flags = (['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const).filter((_, bit) => (bits >> bit) & 1);
        expect(stranger.into(request(...flags)), flags.join()).not.toBe('pass');
        expect(stranger.out(answer(...flags)), flags.join()).not.toBe('pass');
      }
    });

    it('the pod answers a refused port with RST', () => {
      expect(friend.into(request('syn'))).toBe('pass');
      expect(friend.out(answer('rst', 'ack'))).toBe('pass');
    });

    it('the pod opens nothing by the ports that its friend may open to', () => {
      friend.into(request('syn'));
      friend.out(answer('syn', 'ack'));
      expect(friend.out(answer('syn'))).toBe('POLICY');
      expect(friend.out(answer('syn', 'ack'))).toBe('pass');
    });

    it('a closing flow passes to its end, and is forgotten in minutes', () => {
      friend.into(request('syn'));
      friend.out(answer('syn', 'ack'));
      friend.into(request('ack'));
      friend.out(answer('fin', 'ack'));
      stage.kernel.age(100);
      expect(friend.into(request('ack'))).toBe('pass');
      stage.kernel.age(121);
      // Judged anew, and still allowed by its own direction.
      expect(friend.into(request('ack'))).toBe('pass');
    });
  });

  describe('from a pod that may open to anyone, and be reached by no one', () => {
    beforeAll(() => stage.set({ ingress: [] }));

    it('the answer passes by the row of the SYN alone', () => {
      expect(stranger.out(request('syn'))).toBe('pass');
      expect(stranger.into(answer('syn', 'ack'))).toBe('pass');
      expect(stranger.out(request('ack'))).toBe('pass');
      expect(stranger.into(answer('psh', 'ack'))).toBe('pass');
    });

    it('a refusal passes', () => {
      stranger.out(request('syn'));
      expect(stranger.into(answer('rst', 'ack'))).toBe('pass');
    });

    it('segments of a connection that it did not open stay outside', () => {
      for (const flags of [['ack'], ['syn', 'ack'], ['rst'], ['rst', 'ack'], ['fin', 'ack'], []] as TcpFlag[][]) {
        expect(stranger.into(answer(...flags)), flags.join()).toBe('NO_EVIDENCE');
      }
      expect(stage.kernel.flows()).toBe(0);
    });

    it('another port, or another peer, is no part of the flow', () => {
      stranger.out(request('syn'));
      expect(stranger.into(tcp({ source: 81, destination: CLIENT, flags: ['syn', 'ack'] }))).toBe('NO_EVIDENCE');
      expect(stranger.into(tcp({ source: WEB, destination: CLIENT + 1, flags: ['syn', 'ack'] }))).toBe('NO_EVIDENCE');
      expect(friend.into(answer('syn', 'ack'))).toBe('NO_EVIDENCE');
    });

    it('a simultaneous open is an opening of the peer', () => {
      stranger.out(request('syn'));
      expect(stranger.into(answer('syn'))).toBe('POLICY');
      expect(stranger.into(answer('syn', 'ack'))).toBe('pass');
    });

    it.each([
      { state: 'half open', segments: ['syn'], seconds: 61 },
      { state: 'closing', segments: ['syn', 'ack', 'fin'], seconds: 121 },
      { state: 'established', segments: ['syn', 'ack'], seconds: 86_401 },
    ] as const)('a flow that is $state says nothing after $seconds quiet seconds', ({ segments, seconds }) => {
      for (const flag of segments) stranger.out(request(...(flag === 'fin' ? (['fin', 'ack'] as const) : [flag])));
      stage.kernel.age(seconds - 2);
      const before = stage.kernel.flows();
      expect(before).toBe(1);
      stage.kernel.age(2);
      expect(stranger.into(answer('psh', 'ack'))).toBe('NO_EVIDENCE');
    });

    it.each([
      { state: 'half open', segments: ['syn'], seconds: 58 },
      { state: 'closing', segments: ['syn', 'ack', 'fin'], seconds: 118 },
      { state: 'established', segments: ['syn', 'ack'], seconds: 86_000 },
    ] as const)('a flow that is $state still speaks after $seconds quiet seconds', ({ segments, seconds }) => {
      for (const flag of segments) stranger.out(request(...(flag === 'fin' ? (['fin', 'ack'] as const) : [flag])));
      stage.kernel.age(seconds);
      expect(stranger.into(answer('psh', 'ack'))).toBe('pass');
    });

    it('a packet makes an old flow young again', () => {
      stranger.out(request('syn'));
      stranger.out(request('ack'));
      stage.kernel.age(80_000);
      expect(stranger.into(answer('psh', 'ack'))).toBe('pass');
      stage.kernel.age(80_000);
      expect(stranger.into(answer('psh', 'ack'))).toBe('pass');
    });

    it('a port that is used again is a flow that opens', () => {
      stranger.out(request('syn'));
      stranger.out(request('ack'));
      stranger.out(request('fin', 'ack'));
      expect(stranger.out(request('syn'))).toBe('pass');
      expect(stranger.into(answer('syn', 'ack'))).toBe('pass');
      expect(stranger.out(request('ack'))).toBe('pass');
      stage.kernel.age(80_000);
      expect(stranger.into(answer('psh', 'ack'))).toBe('pass');
    });

    it('a pod that never ran open has no take-over window', () => {
      expect(stranger.into(answer('psh', 'ack'))).toBe('NO_EVIDENCE');
    });
  });

  it('a pod that ran open keeps its connections when it is isolated, and new strangers stay outside', () => {
    stage.set({ ingress: [] }, { ranOpen: true });
    expect(stranger.into(answer('psh', 'ack'))).toBe('pass');
    expect(stranger.into(request('syn'))).toBe('POLICY');
    expect(stranger.into(answer('syn'))).toBe('POLICY');
  });

  it('the take-over window does not widen what the policy allows', () => {
    stage.set({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: WEB }] }] }, { ranOpen: true });
    expect(friend.into(answer('psh', 'ack'))).toBe('pass');
    expect(stranger.into(answer('psh', 'ack'))).toBe('POLICY');
    expect(friend.into(tcp({ source: 81, destination: CLIENT, flags: ['ack'] }))).toBe('POLICY');
    expect(stranger.out(request('ack'))).toBe('POLICY');
  });

  it('a flow that is adopted and no longer allowed is cut', () => {
    stage.set({ ingress: [] }, { ranOpen: true });
    expect(stranger.into(answer('psh', 'ack'))).toBe('pass');
    expect(stranger.out(request('ack'))).toBe('pass');
    stage.edit({ ingress: [], egress: [] });
    expect(stranger.out(request('ack'))).toBe('FLOW_CUT');
    expect(stranger.into(answer('psh', 'ack'))).toBe('FLOW_CUT');
  });
});
