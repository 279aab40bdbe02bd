/** Fragments: later ones follow their first, and nothing else. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { destinationOptions, fragmentHeader } from '../support/builders/extension-headers.ts';
import { ipv4, ipv6, slice, type Packet, type Segment } from '../support/builders/frames.ts';
import { sctp, tcp, udp } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, FRIEND, Stage, V6, type Family } from './stage.ts';

const DNS = 53;
const DATA = new Uint8Array(200);
const query = (destination = DNS): Segment => udp({ source: 40000, destination, data: DATA });
const answer = (): Segment => udp({ source: DNS, destination: 40000, data: DATA });

interface Cut {
  readonly source: string;
  readonly destination: string;
  readonly id?: number;
  readonly whole?: Segment;
}

/** Bytes `start` to `end` of a segment as one fragment of its datagram. */
function fragment(family: Family, { source, destination, id = 7, whole = query() }: Cut, start: number, end?: number): Packet {
  const part = slice(whole, start, end);
  const more = end !== undefined;
  return family.name === 'IPv4'
    ? ipv4({ source, destination, id, moreFragments: more, fragmentOffset: start / 8 }, part)
    : ipv6({ source, destination }, fragmentHeader({ id, more, offset: start / 8 }, part));
}

describe.each(FAMILIES)('fragments over $name', needsKernel, (family) => {
  let stage: Stage;
  const fromFriend: Cut = { source: family.friend, destination: family.pod };
  const fromStranger: Cut = { source: family.stranger, destination: family.pod };
  const toFriend: Cut = { source: family.pod, destination: family.friend };
  const first = (cut: Cut): Packet => fragment(family, cut, 0, 48);
  const middle = (cut: Cut): Packet => fragment(family, cut, 48, 96);
  const last = (cut: Cut): Packet => fragment(family, cut, 96);

  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.kernel.forget());

  describe('of a pod that its friend may ask', () => {
    const ports = [{ port: DNS, protocol: 'UDP' }, { port: 80 }, { port: 80, protocol: 'SCTP' }];
    beforeAll(() => stage.set({ ingress: [{ from: [FRIEND], ports }], egress: [] }));

    it('pass after their first, in any order and number', () => {
      expect([first(fromFriend), last(fromFriend), middle(fromFriend), middle(fromFriend)].map((packet) => stage.into(packet))).toEqual([
        'pass',
        'pass',
        'pass',
        'pass',
      ]);
    });

    it('without their first are dropped', () => {
      expect(stage.into(middle(fromFriend))).toBe('FRAGMENT_ORPHAN');
      expect(stage.into(last(fromFriend))).toBe('FRAGMENT_ORPHAN');
    });

    it('are dropped with their first', () => {
      expect([first(fromStranger), middle(fromStranger), last(fromStranger)].map((packet) => stage.into(packet))).toEqual([
        'POLICY',
        'FRAGMENT_ORPHAN',
        'FRAGMENT_ORPHAN',
      ]);
      const other = { ...fromFriend, whole: query(54) };
      expect([first(other), middle(other)].map((packet) => stage.into(packet))).toEqual(['POLICY', 'FRAGMENT_ORPHAN']);
    });

    it("of another id, direction or peer are not the first's", () => {
      stage.into(first(fromFriend));
      expect(stage.into(middle({ ...fromFriend, id: 8 }))).toBe('FRAGMENT_ORPHAN');
      expect(stage.into(middle(fromStranger))).toBe('FRAGMENT_ORPHAN');
      expect(stage.out(middle(toFriend))).toBe('FRAGMENT_ORPHAN');
    });

    it('a denied first takes away what an earlier one of its id had left', () => {
      stage.into(first(fromFriend));
      expect(stage.into(first({ ...fromFriend, whole: query(54) }))).toBe('POLICY');
      expect(stage.into(middle(fromFriend))).toBe('FRAGMENT_ORPHAN');
    });

    it('of an answer follow it out', () => {
      stage.into(family.packet(family.friend, family.pod, query()));
      const out = { ...toFriend, whole: answer() };
      expect([first(out), middle(out), last(out)].map((packet) => stage.out(packet))).toEqual(['pass', 'pass', 'pass']);
      expect(stage.out(first({ ...out, whole: query() }))).toBe('POLICY');
    });

    it('are judged anew once the policy has changed', () => {
      stage.into(first(fromFriend));
      stage.edit({ ingress: [], egress: [] });
      expect(stage.into(middle(fromFriend))).toBe('FLOW_CUT');
      stage.set({ ingress: [{ from: [FRIEND], ports }], egress: [] });
    });

    it.each([
      { name: 'UDP', whole: query(), least: 8 },
      { name: 'TCP', whole: tcp({ source: 40000, destination: 80, data: DATA }), least: 24 },
      { name: 'TCP with options', whole: tcp({ source: 40000, destination: 80, options: new Uint8Array(20), data: DATA }), least: 40 },
      { name: 'SCTP', whole: sctp({ source: 40000, destination: 80, data: DATA }), least: 16 },
    ])('a first one holds the whole header of $name', ({ whole, least }) => {
      for (let end = 8; end < least; end += 8) {
        expect(stage.into(fragment(family, { ...fromFriend, whole }, 0, end)), `${end} bytes`).toBe('TRUNCATED');
        expect(stage.into(fragment(family, { ...fromFriend, whole }, 80)), `after ${end} bytes`).toBe('FRAGMENT_ORPHAN');
      }
      expect(stage.into(fragment(family, { ...fromFriend, whole }, 0, least))).toBe('pass');
      expect(stage.into(fragment(family, { ...fromFriend, whole }, 80))).toBe('pass');
    });

    it.each([
      { name: 'TCP', whole: tcp({ source: 40000, destination: 80, data: DATA }), inside: [8, 16], beyond: 24 },
      { name: 'SCTP', whole: sctp({ source: 40000, destination: 80, data: DATA }), inside: [8], beyond: 16 },
      { name: 'UDP', whole: query(), inside: [], beyond: 8 },
    ])('a later one stays out of the header of $name', ({ whole, inside, beyond }) => {
      stage.into(fragment(family, { ...fromFriend, whole }, 0, 48));
      for (const start of inside)
        expect(stage.into(fragment(family, { ...fromFriend, whole }, start)), `at ${start}`).toBe('FRAGMENT_OVERLAP');
      expect(stage.into(fragment(family, { ...fromFriend, whole }, beyond))).toBe('pass');
    });

    it('a SYN in fragments is an opening, and leaves no row by its first', () => {
      const whole = tcp({ source: 40000, destination: 80, data: DATA });
      expect(stage.into(first({ ...fromFriend, whole }))).toBe('pass');
      expect(stage.kernel.flows()).toBe(0);
      expect(stage.into(first({ ...fromStranger, whole }))).toBe('POLICY');
    });

    it('of an echo follow their first', () => {
      stage.set({ ingress: [{ from: [FRIEND] }] });
      const whole = family.echo({ data: DATA });
      expect([first({ ...fromFriend, whole }), middle({ ...fromFriend, whole })].map((packet) => stage.into(packet))).toEqual([
        'pass',
        'pass',
      ]);
      expect([first({ ...fromStranger, whole }), middle({ ...fromStranger, whole })].map((packet) => stage.into(packet))).toEqual([
        'POLICY',
        'FRAGMENT_ORPHAN',
      ]);
      stage.set({ ingress: [{ from: [FRIEND], ports }], egress: [] });
    });

    it("that carry another source than the pod's are spoofed, first or later", () => {
      const spoofed = { source: family.neighbour, destination: family.friend };
      expect([first(spoofed), middle(spoofed)].map((packet) => stage.out(packet))).toEqual(['SPOOFED_SOURCE', 'SPOOFED_SOURCE']);
    });
  });

  it('pass in a direction in which the pod is not isolated', () => {
    stage.set({ ingress: [] });
    expect([middle(toFriend), first(toFriend), last(toFriend)].map((packet) => stage.out(packet))).toEqual(['pass', 'pass', 'pass']);
    stage.set({ egress: [] });
    expect([middle(fromStranger), first(fromStranger), last(fromStranger)].map((packet) => stage.into(packet))).toEqual([
      'pass',
      'pass',
      'pass',
    ]);
    stage.set({});
    expect([stage.out(middle(toFriend)), stage.into(middle(fromStranger))]).toEqual(['pass', 'pass']);
  });
});

describe('IPv6 fragments', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
    stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: DNS, protocol: 'UDP' }] }] });
  });
  afterAll(() => stage.close());

  const from = (source: string, segment: Segment): Packet => ipv6({ source, destination: V6.pod }, segment);

  it('with extension headers in their first follow it', () => {
    const whole = destinationOptions(query());
    const cut = (source: string): Packet[] => [
      from(source, fragmentHeader({ id: 9, more: true }, slice(whole, 0, 64))),
      from(source, fragmentHeader({ id: 9, offset: 8 }, slice(whole, 64))),
    ];
    expect(cut(V6.friend).map((packet) => stage.into(packet))).toEqual(['pass', 'pass']);
    expect(cut(V6.stranger).map((packet) => stage.into(packet))).toEqual(['POLICY', 'FRAGMENT_ORPHAN']);
  });

  it('whose first holds only extension headers are dropped', () => {
    const whole = destinationOptions(query(), new Uint8Array(30));
    expect(stage.into(from(V6.friend, fragmentHeader({ id: 10, more: true }, slice(whole, 0, 32))))).toBe('TRUNCATED');
    expect(stage.into(from(V6.friend, fragmentHeader({ id: 10, offset: 4 }, slice(whole, 32))))).toBe('FRAGMENT_ORPHAN');
  });

  it('that call themselves another protocol than their first belong to it all the same', () => {
    stage.into(from(V6.friend, fragmentHeader({ id: 11, more: true }, slice(query(), 0, 48))));
    expect(stage.into(from(V6.friend, fragmentHeader({ id: 11, offset: 6 }, { ...slice(query(), 48), protocol: 6 })))).toBe('pass');
    expect(stage.into(from(V6.friend, fragmentHeader({ id: 12, offset: 6 }, { ...slice(query(), 48), protocol: 58 })))).toBe(
      'FRAGMENT_ORPHAN',
    );
  });

  it('that call themselves UDP stay out of the TCP header of their first', () => {
    stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 80 }] }] });
    const whole = tcp({ source: 40000, destination: 80, data: DATA });
    expect(stage.into(from(V6.friend, fragmentHeader({ id: 13, more: true }, slice(whole, 0, 48))))).toBe('pass');
    for (const offset of [1, 2])
      expect(stage.into(from(V6.friend, fragmentHeader({ id: 13, offset }, { ...slice(whole, offset * 8), protocol: 17 })))).toBe(
        'FRAGMENT_OVERLAP',
      );
  });
});
