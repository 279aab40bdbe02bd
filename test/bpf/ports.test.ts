/** Ports: numbers, ranges by their prefixes, names, protocols; judged at every port where a verdict can turn. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sctp, tcp, udp } from '../support/builders/segments.ts';
import type { Segment } from '../support/builders/frames.ts';
import { needsKernel } from '../support/requires.ts';
import { FAMILIES, FRIEND, Stage, type Talk } from './stage.ts';

type Name = 'TCP' | 'UDP' | 'SCTP';
const open = (protocol: Name, destination: number): Segment => {
  const ports = { source: 39999, destination };
  return protocol === 'TCP' ? tcp(ports) : protocol === 'UDP' ? udp(ports) : sctp(ports);
};

const RANGES: readonly (readonly [number, number])[] = [
  [1, 65535],
  [1, 1],
  [65535, 65535],
  [80, 81],
  [80, 83],
  [79, 84],
  [1, 32767],
  [32768, 65535],
  [32767, 32768],
  [1000, 2000],
  [65534, 65535],
  [2, 65534],
  [49152, 65535],
];

describe.each(FAMILIES)('ports over $name', needsKernel, (family) => {
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

  describe.each(['TCP', 'UDP', 'SCTP'] as const)('of %s', (protocol) => {
    it.each(RANGES)('%i to %i', (port, endPort) => {
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ protocol, port, endPort }] }] });
      const corners = [
        port - 1,
        port,
        port + 1,
        Math.floor((port + endPort) / 2),
        endPort - 1,
        endPort,
        endPort + 1,
        1,
        65535,
        ...Array.from({ length: 16 }, (_, bit) => 1 << bit),
      ];
      for (const probe of new Set(corners.filter((number) => number >= 1 && number <= 65535))) {
        const expected = probe >= port && probe <= endPort ? 'pass' : 'POLICY';
        expect(friend.into(open(protocol, probe)), `port ${probe}`).toBe(expected);
        expect(stranger.into(open(protocol, probe)), `port ${probe}`).toBe('POLICY');
      }
    });

    it('all of them', () => {
      stage.set({ ingress: [{ from: [FRIEND], ports: [{ protocol }] }] });
      for (const probe of [0, 1, 80, 65535]) expect(friend.into(open(protocol, probe))).toBe('pass');
      for (const other of (['TCP', 'UDP', 'SCTP'] as const).filter((name) => name !== protocol))
        expect(friend.into(open(other, 80))).toBe('POLICY');
    });
  });

  it('every port of a range in one piece, and none beside it', () => {
    stage.set({ ingress: [{ from: [FRIEND], ports: [{ port: 1000, endPort: 1099 }, { port: 1200 }] }] });
    const passed: number[] = [];
    for (let port = 900; port < 1300; port += 1) if (friend.into(open('TCP', port)) === 'pass') passed.push(port);
    expect(passed).toEqual([...Array.from({ length: 100 }, (_, index) => 1000 + index), 1200]);
  });

  it('rules add up, for a peer and for everyone', () => {
    stage.set({
      ingress: [
        { from: [FRIEND], ports: [{ port: 80 }] },
        { ports: [{ port: 443 }] },
        { from: [FRIEND], ports: [{ port: 53, protocol: 'UDP' }] },
      ],
    });
    expect([80, 443, 53].map((port) => friend.into(open('TCP', port)))).toEqual(['pass', 'pass', 'POLICY']);
    expect([80, 443, 53].map((port) => stranger.into(open('TCP', port)))).toEqual(['POLICY', 'pass', 'POLICY']);
    expect([friend.into(open('UDP', 53)), friend.into(open('UDP', 443)), stranger.into(open('UDP', 53))]).toEqual([
      'pass',
      'POLICY',
      'POLICY',
    ]);
  });

  it("out of the pod are the peer's", () => {
    stage.set({ egress: [{ to: [FRIEND], ports: [{ port: 80 }] }] });
    expect(friend.out(tcp({ source: 40000, destination: 80 }))).toBe('pass');
    expect(friend.out(tcp({ source: 80, destination: 40000 }))).toBe('POLICY');
  });

  it('by name are those of the pod that is opened to', () => {
    stage.set({ ingress: [{ ports: [{ port: 'http' }] }], egress: [{ ports: [{ port: 'http' }] }] });
    // The pod calls 8080 so, its friend 9090.
    expect([8080, 9090].map((port) => stranger.into(open('TCP', port)))).toEqual(['pass', 'POLICY']);
    expect([8080, 9090].map((port) => friend.out(open('TCP', port)))).toEqual(['POLICY', 'pass']);
    expect([8080, 9090].map((port) => stranger.out(open('TCP', port)))).toEqual(['POLICY', 'POLICY']);
  });

  it('by a name that no one has are none', () => {
    stage.set({ ingress: [{ ports: [{ port: 'no-such' }] }], egress: [{ ports: [{ port: 'no-such' }] }] });
    for (const port of [80, 8080, 9090])
      expect([friend.into(open('TCP', port)), friend.out(open('TCP', port))]).toEqual(['POLICY', 'POLICY']);
  });
});
