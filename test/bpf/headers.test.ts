/** IPv4 options and IPv6 extension headers: walked, and whatever cannot be walked is dropped for an isolated pod. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  authenticationHeader,
  destinationOptions,
  fragmentHeader,
  hopByHop,
  noNextHeader,
  repeat,
  routingHeader,
} from '../support/builders/extension-headers.ts';
import { ethernet, ipv4, ipv4Padding, ipv6, raw, ROUTER_ALERT_V4, truncate, type Segment } from '../support/builders/frames.ts';
import { echo6, sctp, tcp, udp } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import { FRIEND, Stage, V4, V6, type Fate } from './stage.ts';

const WEB = 80;
const SYN = tcp({ source: 40000, destination: WEB });
const OTHER_PORT = tcp({ source: 40000, destination: 81 });
const rules = { ingress: [{ from: [FRIEND], ports: [{ port: WEB }] }], egress: [{ to: [FRIEND], ports: [{ port: WEB }] }] };

describe('IPv4 options', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
    stage.set(rules);
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.kernel.forget());

  const send = (options: Uint8Array, source: string, segment: Segment): Fate =>
    stage.into(ipv4({ source, destination: V4.pod, options }, segment));

  it.each([
    { name: 'one word of padding', options: ipv4Padding(1) },
    { name: 'as much as fits', options: ipv4Padding(10) },
    { name: 'a router alert', options: ROUTER_ALERT_V4 },
    { name: 'the end of options', options: Uint8Array.of(0, 0, 0, 0) },
    { name: 'a route to record', options: Uint8Array.of(7, 7, 4, 0, 0, 0, 0, 0) },
    { name: 'an option of a false length', options: Uint8Array.of(68, 200, 5, 0) },
    { name: 'what looks like a SYN to the allowed port', options: Uint8Array.of(0x9c, 0x40, 0, WEB) },
  ])('$name: the ports behind it decide', ({ options }) => {
    expect(send(options, V4.friend, SYN)).toBe('pass');
    expect(send(options, V4.friend, OTHER_PORT)).toBe('POLICY');
    expect(send(options, V4.stranger, SYN)).toBe('POLICY');
    expect(stage.out(ipv4({ source: V4.pod, destination: V4.friend, options }, SYN))).toBe('pass');
    expect(stage.out(ipv4({ source: V4.pod, destination: V4.friend, options }, OTHER_PORT))).toBe('POLICY');
  });

  it('a flow is the same with and without them', () => {
    stage.set({ ingress: [] });
    const winding = (from: string, to: string, segment: Segment) =>
      ipv4({ source: from, destination: to, options: ipv4Padding(1) }, segment);
    stage.out(V4.packet(V4.pod, V4.stranger, SYN));
    expect(stage.into(winding(V4.stranger, V4.pod, tcp({ source: WEB, destination: 40000, flags: ['syn', 'ack'] })))).toBe('pass');
    expect(stage.into(V4.packet(V4.stranger, V4.pod, tcp({ source: WEB, destination: 40000, flags: ['ack'] })))).toBe('pass');
    stage.set(rules);
  });
});

/** Ten ways to stand before the transport header. */
const CHAINS: readonly { readonly name: string; readonly wrap: (next: Segment) => Segment }[] = [
  { name: 'hop-by-hop options', wrap: (next) => hopByHop(next) },
  { name: 'long hop-by-hop options', wrap: (next) => hopByHop(next, new Uint8Array(1200)) },
  { name: 'destination options', wrap: (next) => destinationOptions(next) },
  { name: 'a routing header', wrap: (next) => routingHeader(next) },
  { name: 'an authentication header', wrap: (next) => authenticationHeader(next) },
  { name: 'a fragment header of a whole packet', wrap: (next) => fragmentHeader({}, next) },
  {
    name: 'all of them',
    wrap: (next) => hopByHop(destinationOptions(routingHeader(fragmentHeader({}, authenticationHeader(destinationOptions(next)))))),
  },
  { name: 'eight of one kind', wrap: (next) => repeat(8, destinationOptions, next) },
  { name: 'eight authentication headers', wrap: (next) => repeat(8, authenticationHeader, next) },
];

describe('IPv6 extension headers', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
    stage.set(rules);
  });
  afterAll(() => stage.close());
  beforeEach(() => stage.kernel.forget());

  const send = (source: string, segment: Segment): Fate => stage.into(ipv6({ source, destination: V6.pod }, segment));
  const sendOut = (destination: string, segment: Segment): Fate => stage.out(ipv6({ source: V6.pod, destination }, segment));

  describe.each(CHAINS)('$name', ({ wrap }) => {
    it('the ports behind them decide', () => {
      expect(send(V6.friend, wrap(SYN))).toBe('pass');
      expect(send(V6.friend, wrap(OTHER_PORT))).toBe('POLICY');
      expect(send(V6.friend, wrap(udp({ source: 40000, destination: WEB })))).toBe('POLICY');
      expect(send(V6.friend, wrap(sctp({ source: 40000, destination: WEB })))).toBe('POLICY');
      expect(send(V6.friend, wrap(echo6()))).toBe('POLICY');
      expect(send(V6.stranger, wrap(SYN))).toBe('POLICY');
      expect(sendOut(V6.friend, wrap(SYN))).toBe('pass');
      expect(sendOut(V6.friend, wrap(OTHER_PORT))).toBe('POLICY');
      expect(sendOut(V6.stranger, wrap(SYN))).toBe('POLICY');
    });

    it("a source that is not the pod's is seen before them", () => {
      expect(stage.out(ipv6({ source: V6.neighbour, destination: V6.friend }, wrap(SYN)))).toBe('SPOOFED_SOURCE');
    });

    it('a packet that ends inside them, or inside what they carry, is dropped', () => {
      const frame = ethernet({}, ipv6({ source: V6.friend, destination: V6.pod }, wrap(SYN)));
      const step = frame.length > 400 ? 97 : 1;
      for (let length = 54; length < frame.length; length += step)
        expect(stage.fate('ingress', truncate(frame, length)), `${length} bytes`).toBe('TRUNCATED');
      for (let told = 0; told < frame.length - 54; told += step) {
        const packet = ipv6({ source: V6.friend, destination: V6.pod, payloadLength: told }, wrap(SYN));
        expect(stage.into(packet), `${told} bytes told`).toBe('TRUNCATED');
      }
    });
  });

  it('more than eight are more than anyone needs', () => {
    for (const layer of [destinationOptions, routingHeader, authenticationHeader, hopByHop] as const) {
      expect(
        send(
          V6.friend,
          repeat(9, (next) => layer(next), SYN),
        ),
      ).toBe('MALFORMED');
      expect(
        sendOut(
          V6.friend,
          repeat(20, (next) => layer(next), SYN),
        ),
      ).toBe('MALFORMED');
    }
  });

  it('a length that leads out of the packet is dropped', () => {
    const lying = (protocol: number, words: number): Segment => ({
      protocol,
      bytes: (pseudo) => Uint8Array.from([6, words, 0, 0, 0, 0, 0, 0, ...SYN.bytes(pseudo)]),
    });
    for (const protocol of [0, 43, 60, 51])
      for (const words of [30, 255]) expect(send(V6.friend, lying(protocol, words))).toBe('TRUNCATED');
  });

  it('the data of a header is not taken for a transport header', () => {
    // 24 bytes of options that read as a SYN to the allowed port, before one to another.
    const decoy = destinationOptions(
      OTHER_PORT,
      Uint8Array.of(0x9c, 0x40, 0, WEB, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0, 0, 0),
    );
    expect(send(V6.friend, decoy)).toBe('POLICY');
  });

  it('no next header, and headers that are not walked, are protocols without ports', () => {
    for (const segment of [noNextHeader(), destinationOptions(noNextHeader()), raw(135), raw(139), raw(253)]) {
      expect(send(V6.friend, segment)).toBe('POLICY');
      expect(sendOut(V6.friend, segment)).toBe('POLICY');
    }
    stage.set({ ingress: [{ from: [FRIEND] }] });
    for (const segment of [noNextHeader(), raw(135), raw(253)]) {
      expect(send(V6.friend, segment)).toBe('pass');
      expect(send(V6.stranger, segment)).toBe('POLICY');
    }
    stage.set(rules);
  });

  it('a jumbogram that no one is cutting has no length', () => {
    const jumbo = hopByHop(SYN, Uint8Array.of(0xc2, 4, 0, 1, 0, 0));
    expect(stage.into(ipv6({ source: V6.friend, destination: V6.pod, payloadLength: 0 }, jumbo))).toBe('TRUNCATED');
  });

  it('a flow is the same with and without them', () => {
    stage.set({ ingress: [] });
    expect(sendOut(V6.stranger, hopByHop(SYN))).toBe('pass');
    expect(send(V6.stranger, tcp({ source: WEB, destination: 40000, flags: ['syn', 'ack'] }))).toBe('pass');
    expect(send(V6.stranger, authenticationHeader(tcp({ source: WEB, destination: 40000, flags: ['ack'] })))).toBe('pass');
    stage.set(rules);
  });
});
