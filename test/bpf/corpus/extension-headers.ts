/** IPv6 extension headers of every kind, order, number and length. Those that are known are walked; what is behind them decides. */

import { concat, u16, u32, wireAddress } from '../../support/builders/bytes.ts';
import {
  authenticationHeader,
  destinationOptions,
  fragmentHeader,
  hopByHop,
  noNextHeader,
  repeat,
} from '../../support/builders/extension-headers.ts';
import { ipv6, raw, type Packet, type Segment } from '../../support/builders/frames.ts';
import { tcp } from '../../support/builders/segments.ts';
import { V6 } from '../stage.ts';
import { entry, into, intoUnread, out, outNever, outUnread, partner, type Entry } from './table.ts';

const SYN = tcp({ source: 40000, destination: 80 });
const OTHER_PORT = tcp({ source: 40000, destination: 81 });
const received = (segment: Segment, source = V6.friend): Packet => ipv6({ source, destination: V6.pod }, segment);
const sent = (segment: Segment, destination = V6.friend): Packet => ipv6({ source: V6.pod, destination }, segment);

/** A routing header over one more address, with that many segments left. */
function routing(type: number, left: number, next: Segment, via = V6.stranger): Segment {
  const header = (protocol: number): Uint8Array => concat([protocol, 2, type, left], u32(0), wireAddress(via));
  return { ...next, protocol: 43, bytes: (pseudo) => concat(header(next.protocol), next.bytes(pseudo)) };
}

/** A header whose length field says what it likes. */
function lying(protocol: number, words: number, next: Segment): Segment {
  return { ...next, protocol, bytes: (pseudo) => concat([next.protocol, words, 0, 0, 0, 0, 0, 0], next.bytes(pseudo)) };
}

/** What stands before the transport header is walked past. */
const WALKED: Readonly<Record<string, (next: Segment) => Segment>> = {
  'hop-by-hop options': hopByHop,
  'hop-by-hop options that are not first': (next) => destinationOptions(hopByHop(next)),
  'hop-by-hop options twice': (next) => hopByHop(hopByHop(next)),
  'hop-by-hop options of an unknown kind': (next) => hopByHop(next, Uint8Array.of(0xc5, 4, 1, 2, 3, 4)),
  'hop-by-hop options that end past their header': (next) => hopByHop(next, Uint8Array.of(0x1e, 200, 1, 2, 3, 4)),
  'a router alert': (next) => hopByHop(next, Uint8Array.of(5, 2, 0, 0, 1, 0)),
  'destination options': destinationOptions,
  'destination options of a tunnel limit': (next) => destinationOptions(next, Uint8Array.of(4, 1, 0, 1, 1, 0)),
  'destination options of a home address': (next) => destinationOptions(next, concat([201, 16], wireAddress(V6.stranger))),
  'options of 2,040 bytes': (next) => destinationOptions(next, new Uint8Array(2038)),
  'an authentication header': authenticationHeader,
  'a fragment header of a whole packet': (next) => fragmentHeader({}, next),
  ...Object.fromEntries(
    [0, 1, 2, 3, 4, 5, 6, 253, 254, 255].flatMap((type) =>
      [0, 1, 255].map((left) => [`routing of type ${type}, ${left} segments left`, (next: Segment): Segment => routing(type, left, next)]),
    ),
  ),
  'eight headers': (next) => repeat(8, destinationOptions, next),
  'eight different ones': (next) =>
    hopByHop(
      destinationOptions(routing(4, 0, fragmentHeader({}, authenticationHeader(destinationOptions(routing(2, 1, hopByHop(next))))))),
    ),
};

const CHAINS: readonly Entry[] = Object.entries(WALKED).map(([what, wrap]) =>
  entry(
    what,
    into(received(wrap(SYN)), 'ALLOWED'),
    into(received(wrap(OTHER_PORT)), 'POLICY'),
    into(received(wrap(SYN), V6.stranger), 'POLICY'),
    out(sent(wrap(SYN)), 'ALLOWED'),
    out(sent(wrap(OTHER_PORT)), 'POLICY'),
    out(sent(wrap(SYN), V6.stranger), 'POLICY'),
    outNever(ipv6({ source: V6.neighbour, destination: V6.friend }, wrap(SYN)), 'SPOOFED_SOURCE'),
  ),
);

/** A protocol without ports: only a rule without ports allows it. */
const without = (what: string, segment: Segment): Entry =>
  entry(
    what,
    into(received(segment), 'POLICY'),
    into(received(segment, partner(V6)), 'ALLOWED'),
    into(received(segment, V6.stranger), 'POLICY'),
    out(sent(segment, V6.neighbour), 'POLICY'),
    // A row by now: its first packet was an opening of the peer.
    out(sent(segment, partner(V6)), 'pass', 'pass'),
  );

const NOT_WALKED: readonly Entry[] = [
  without('no next header', noNextHeader()),
  without('no next header, with bytes behind it', raw(59, new Uint8Array(40))),
  without('no next header behind options', destinationOptions(noNextHeader())),
  without('no next header in a fragment header', fragmentHeader({}, noNextHeader())),
  without('ESP', raw(50, concat(u32(0x1234), u32(1), new Uint8Array(32)))),
  without('ESP without a whole header', raw(50, Uint8Array.of(1, 2, 3))),
  without('ESP behind options', hopByHop(raw(50, new Uint8Array(40)))),
  ...[135, 139, 140, 143, 200, 253, 254, 255].map((protocol) => without(`next header ${protocol}`, raw(protocol, new Uint8Array(40)))),
  without('next header 4: IPv4 in IPv6', raw(4, new Uint8Array(40))),
  without('next header 41: IPv6 in IPv6', raw(41, new Uint8Array(60))),
  without('next header 1: ICMP of the other family', raw(1, Uint8Array.of(3, 3, 0, 0, 0, 0, 0, 0))),
  without('next header 2: IGMP of the other family', raw(2, new Uint8Array(8))),
];

const unread = (what: string, reason: 'MALFORMED' | 'TRUNCATED', segment: Segment): Entry =>
  entry(
    what,
    intoUnread(received(segment), reason),
    outUnread(sent(segment), reason),
    outNever(ipv6({ source: V6.stranger, destination: V6.friend }, segment), 'SPOOFED_SOURCE'),
  );

const BROKEN: readonly Entry[] = [
  ...[9, 10, 40].flatMap((count) => [
    unread(`${count} destination options`, 'MALFORMED', repeat(count, destinationOptions, SYN)),
    unread(`${count} hop-by-hop options`, 'MALFORMED', repeat(count, hopByHop, SYN)),
    unread(`${count} authentication headers`, 'MALFORMED', repeat(count, authenticationHeader, SYN)),
    unread(
      `${count} fragment headers of whole packets`,
      'MALFORMED',
      repeat(count, (next) => fragmentHeader({}, next), SYN),
    ),
  ]),
  ...[0, 43, 60, 51].flatMap((protocol) =>
    [30, 255].map((words) =>
      unread(`header ${protocol} whose length ${words} leads out of the packet`, 'TRUNCATED', lying(protocol, words, SYN)),
    ),
  ),
  ...[0, 43, 60, 51, 44].map((protocol) => unread(`header ${protocol} that is not there`, 'TRUNCATED', raw(protocol, new Uint8Array()))),
  ...[0, 43, 60, 51, 44].map((protocol) => unread(`half of header ${protocol}`, 'TRUNCATED', raw(protocol, Uint8Array.of(6, 0, 0, 0)))),
  ...[0, 43, 60].map((protocol) =>
    unread(`header ${protocol} and nothing behind it`, 'TRUNCATED', lying(protocol, 0, raw(6, new Uint8Array()))),
  ),
  entry(
    'a jumbogram that no one is cutting',
    intoUnread(ipv6({ source: V6.friend, destination: V6.pod, payloadLength: 0 }, jumbo(SYN)), 'TRUNCATED'),
    outUnread(ipv6({ source: V6.pod, destination: V6.friend, payloadLength: 0 }, jumbo(SYN)), 'TRUNCATED'),
  ),
  entry(
    'a jumbogram that is told to be one, and has a length',
    into(received(jumbo(SYN)), 'ALLOWED'),
    into(received(jumbo(OTHER_PORT)), 'POLICY'),
    out(sent(jumbo(SYN)), 'ALLOWED'),
  ),
  entry(
    'a jumbogram that the kernel still has to cut',
    into(ipv6({ source: V6.friend, destination: V6.pod, payloadLength: 0 }, jumbo(SYN)), 'ALLOWED', 'ALLOWED', { segments: 3 }),
    into(ipv6({ source: V6.friend, destination: V6.pod, payloadLength: 0 }, jumbo(OTHER_PORT)), 'POLICY', 'ALLOWED', { segments: 3 }),
  ),
];

function jumbo(next: Segment): Segment {
  return hopByHop(next, concat([0xc2, 4], u16(1), u16(0)));
}

export const EXTENSION_HEADERS: readonly Entry[] = [...CHAINS, ...NOT_WALKED, ...BROKEN];
