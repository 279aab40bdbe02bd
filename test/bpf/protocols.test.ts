/** UDP, SCTP, echo and the protocols without ports: what opens, and what is a reply. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encapsulated, ipv4, ipv6, raw, type Segment } from '../support/builders/frames.ts';
import { sctp, tcp, udp, type SctpChunk } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, FRIEND, Stage, V4, V6, type Talk } from './stage.ts';

const CLIENT = 40000;

describe.each(FAMILIES)('over $name', needsKernel, (family) => {
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

  describe('UDP', () => {
    const query = udp({ source: CLIENT, destination: 53 });
    const answer = udp({ source: 53, destination: CLIENT });

    it('from an allowed peer passes, and so does the answer, by its row', () => {
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 53, protocol: 'UDP' }] }], egress: [] });
      expect(friend.out(answer)).toBe('POLICY');
      expect(friend.into(query)).toBe('pass');
      expect(friend.out(answer)).toBe('pass');
      expect(stranger.into(query)).toBe('POLICY');
      expect(stranger.out(answer)).toBe('POLICY');
    });

    it('to an allowed peer passes, and so does the answer, by its row', () => {
      stage.set({ ingress: [], egress: [{ to: [FRIEND], ports: [{ port: 53, protocol: 'UDP' }] }] });
      expect(friend.into(answer)).toBe('POLICY');
      expect(friend.out(query)).toBe('pass');
      expect(friend.into(answer)).toBe('pass');
      expect(friend.into(udp({ source: 54, destination: CLIENT }))).toBe('POLICY');
      expect(friend.into(udp({ source: 53, destination: CLIENT + 1 }))).toBe('POLICY');
      expect(stranger.into(answer)).toBe('POLICY');
      expect(stranger.out(query)).toBe('POLICY');
    });

    it('from a port that may be asked opens nothing', () => {
      stage.set({ ingress: [{ ports: [{ port: 53, protocol: 'UDP' }] }], egress: [] });
      expect(stranger.out(udp({ source: 53, destination: 53 }))).toBe('POLICY');
    });

    it('that was on its way when isolation began passes for a second, and opens nothing', async () => {
      const late = udp({ source: 53, destination: CLIENT });
      stage.set({ ingress: [{ ports: [{ port: 53, protocol: 'UDP' }] }], egress: [] }, { ranOpen: true });
      expect(stranger.out(late)).toBe('pass');
      expect(stranger.out(udp({ source: CLIENT, destination: 53 }))).toBe('POLICY');
      expect(stage.kernel.flows()).toBe(0);
      await sleep(1000);
      expect(stranger.out(late)).toBe('POLICY');
    });

    it('is forgotten after two quiet minutes, and remembered before', () => {
      stage.set({ ingress: [] });
      stranger.out(query);
      stage.kernel.age(115);
      expect(stranger.into(answer)).toBe('pass');
      stage.kernel.age(115);
      expect(stranger.into(answer)).toBe('pass');
      stage.kernel.age(121);
      expect(stranger.into(answer)).toBe('POLICY');
    });

    it('without data, and with a length of its own, is UDP all the same', () => {
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 53, protocol: 'UDP' }] }] });
      for (const length of [0, 7, 8, 9000]) expect(friend.into(udp({ source: CLIENT, destination: 53, length }))).toBe('pass');
    });
  });

  describe('SCTP', () => {
    const init = sctp({ source: CLIENT, destination: 80 });
    const chunk = (kind: SctpChunk): Segment => sctp({ source: CLIENT, destination: 80, chunk: kind });
    const back = (kind: SctpChunk): Segment => sctp({ source: 80, destination: CLIENT, chunk: kind });

    it('of an allowed peer passes, chunk by chunk', () => {
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 80, protocol: 'SCTP' }] }], egress: [] });
      expect([
        friend.into(init),
        friend.out(back('init-ack')),
        friend.into(chunk('cookie-echo')),
        friend.out(back('cookie-ack')),
        friend.into(chunk('data')),
        friend.out(back('sack')),
      ]).toEqual(Array.from({ length: 6 }, () => 'pass'));
      expect(stage.kernel.flows()).toBe(1);
      expect(stranger.into(init)).toBe('POLICY');
      expect(stranger.into(chunk('data'))).toBe('POLICY');
    });

    it('is not TCP, nor UDP', () => {
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 80 }] }] });
      expect(friend.into(init)).toBe('POLICY');
      expect(friend.into(tcp({ source: CLIENT, destination: 80 }))).toBe('pass');
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 80, protocol: 'SCTP' }] }] });
      expect(friend.into(init)).toBe('pass');
      expect(friend.into(tcp({ source: CLIENT, destination: 80 }))).toBe('POLICY');
      expect(friend.into(udp({ source: CLIENT, destination: 80 }))).toBe('POLICY');
    });

    it('INIT on the row of a live association is judged as an opening', () => {
      stage.set({ ingress: [] });
      expect(stranger.out(init)).toBe('pass');
      expect(stranger.into(back('init-ack'))).toBe('pass');
      expect(stranger.into(back('init'))).toBe('POLICY');
      expect(stranger.into(back('data'))).toBe('pass');
    });

    it('is forgotten after ten quiet minutes', () => {
      stage.set({ ingress: [] });
      stranger.out(init);
      stage.kernel.age(590);
      expect(stranger.into(back('init-ack'))).toBe('pass');
      stage.kernel.age(601);
      expect(stranger.into(back('data'))).toBe('POLICY');
    });
  });

  describe('echo', () => {
    it('is allowed where a rule without ports allows the peer, and not by one with ports', () => {
      stage.set({ ingress: [{ from: [FRIEND] }], egress: [] });
      expect(friend.into(family.echo())).toBe('pass');
      expect(friend.out(family.echo({ reply: true }))).toBe('pass');
      expect(stranger.into(family.echo())).toBe('POLICY');
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 1, endPort: 65535 }, { protocol: 'UDP' }, { protocol: 'SCTP' }] }] });
      expect(friend.into(family.echo())).toBe('POLICY');
    });

    it('is answered under its own identifier and to its own sender', () => {
      stage.set({ ingress: [] });
      expect(stranger.out(family.echo({ id: 7 }))).toBe('pass');
      expect(stranger.into(family.echo({ id: 7, reply: true }))).toBe('pass');
      expect(stranger.into(family.echo({ id: 8, reply: true }))).toBe('POLICY');
      expect(friend.into(family.echo({ id: 7, reply: true }))).toBe('POLICY');
      expect(stranger.into(family.echo({ id: 7 }))).toBe('POLICY');
    });

    it('answers of the pod need the question', () => {
      stage.set({ ingress: [{ from: [FRIEND] }], egress: [] });
      expect(friend.out(family.echo({ reply: true }))).toBe('POLICY');
      friend.into(family.echo({ id: 7 }));
      expect(friend.out(family.echo({ id: 7, reply: true }))).toBe('pass');
      expect(friend.out(family.echo({ id: 7 }))).toBe('POLICY');
    });

    it('is forgotten after half a quiet minute', () => {
      stage.set({ ingress: [] });
      stranger.out(family.echo());
      stage.kernel.age(31);
      expect(stranger.into(family.echo({ reply: true }))).toBe('POLICY');
    });
  });

  describe('protocols without ports', () => {
    const GRE = raw(47, Uint8Array.of(0, 0, 8, 0, 0, 0, 0, 0));
    const all = [
      GRE,
      raw(4, new Uint8Array(40)),
      raw(50, new Uint8Array(24)),
      raw(89),
      raw(103),
      raw(255),
      raw(family.name === 'IPv4' ? 58 : 1),
      raw(2),
    ];

    it('are allowed where a rule without ports allows the peer', () => {
      stage.set({ ingress: [{ from: [FRIEND] }], egress: [{ to: [FRIEND] }] });
      for (const segment of all.filter(({ protocol }) => !(protocol === 2 && family.name === 'IPv4'))) {
        expect(friend.into(segment), `protocol ${segment.protocol}`).toBe('pass');
        expect(friend.out(segment), `protocol ${segment.protocol}`).toBe('pass');
        expect(stranger.into(segment), `protocol ${segment.protocol}`).toBe('POLICY');
        expect(stranger.out(segment), `protocol ${segment.protocol}`).toBe('POLICY');
      }
    });

    it('are not allowed by rules with ports', () => {
      stage.set({ ingress: [{ from: [FRIEND], ports: [{}, { protocol: 'UDP' }, { protocol: 'SCTP' }] }] });
      for (const segment of all) expect(friend.into(segment), `protocol ${segment.protocol}`).toBe('POLICY');
    });

    it('are answered by the same peer under the same protocol', () => {
      stage.set({ ingress: [] });
      expect(stranger.into(GRE)).toBe('POLICY');
      expect(stranger.out(GRE)).toBe('pass');
      expect(stranger.into(GRE)).toBe('pass');
      expect(stranger.into(raw(50, new Uint8Array(24)))).toBe('POLICY');
      expect(friend.into(GRE)).toBe('POLICY');
    });

    it('may be empty', () => {
      stage.set({ ingress: [{ from: [FRIEND] }] });
      expect(friend.into(raw(89, new Uint8Array()))).toBe('pass');
      expect(stranger.into(raw(89, new Uint8Array()))).toBe('POLICY');
    });

    it('that carry a packet are judged by the outer one', () => {
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 80 }] }] });
      const inner4 = encapsulated(ipv4({ source: V4.friend, destination: V4.pod }, tcp({ source: CLIENT, destination: 80 })));
      const inner6 = encapsulated(ipv6({ source: V6.friend, destination: V6.pod }, tcp({ source: CLIENT, destination: 80 })));
      expect([stranger.into(inner4), stranger.into(inner6), friend.into(inner4)]).toEqual(['POLICY', 'POLICY', 'POLICY']);
    });
  });

  describe('groups and broadcast', () => {
    const groups =
      family.name === 'IPv4' ? [family.group, '239.1.2.3', '255.255.255.255', '10.1.0.255'] : [family.group, 'ff05::1:3', 'ff0e::77'];

    it('are like any address: only where a block or an empty peer allows them', () => {
      stage.set({ egress: [{ to: [FRIEND] }] });
      for (const group of groups) expect(stage.talk(family, group).out(udp({ source: 5353, destination: 5353 })), group).toBe('POLICY');
      stage.set({ egress: [{}] });
      for (const group of groups) expect(stage.talk(family, group).out(udp({ source: 5353, destination: 5353 })), group).toBe('pass');
      stage.set({ egress: [{ to: [{ ipBlock: { cidr: family.everywhere } }] }] });
      for (const group of groups) expect(stage.talk(family, group).out(udp({ source: 5353, destination: 5353 })), group).toBe('pass');
    });

    it('into the pod are judged by who sends', () => {
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 5353, protocol: 'UDP' }] }] });
      for (const group of groups) {
        expect(stage.into(family.packet(family.friend, group, udp({ source: 5353, destination: 5353 }))), group).toBe('pass');
        expect(stage.into(family.packet(family.stranger, group, udp({ source: 5353, destination: 5353 }))), group).toBe('POLICY');
        expect(stage.into(family.packet(family.friend, group, udp({ source: 5353, destination: 53 }))), group).toBe('POLICY');
      }
    });
  });
});
