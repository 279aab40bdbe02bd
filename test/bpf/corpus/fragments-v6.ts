/** Fragment headers of IPv6 among its other headers: nested, atomic, behind and before them, and with a false word on what they carry. */

import {
  authenticationHeader,
  destinationOptions,
  fragmentHeader,
  hopByHop,
  routingHeader,
} from '../../support/builders/extension-headers.ts';
import { ipv6, raw, slice, type Packet, type Segment } from '../../support/builders/frames.ts';
import { tcp, udp } from '../../support/builders/segments.ts';
import { V6 } from '../stage.ts';
import { entry, into, intoEach, intoUnread, out, outUnread, partner, type Entry } from './table.ts';

const DATA = new Uint8Array(200);
const QUERY = udp({ source: 40000, destination: 53, data: DATA });
const SYN = tcp({ source: 40000, destination: 80, data: DATA });
const OTHER_PORT = udp({ source: 40000, destination: 54, data: DATA });
const ORPHAN = 'FRAGMENT_ORPHAN';
const OVERLAP = 'FRAGMENT_OVERLAP';

const received = (segment: Segment, source = V6.friend): Packet => ipv6({ source, destination: V6.pod }, segment);
const sent = (segment: Segment, destination = V6.friend): Packet => ipv6({ source: V6.pod, destination }, segment);
const first = (whole: Segment, bytes = 64, id = 7): Segment => fragmentHeader({ id, more: true }, slice(whole, 0, bytes));
const later = (whole: Segment, at: number, id = 7): Segment => fragmentHeader({ id, offset: at / 8 }, slice(whole, at));

const WITH_HEADERS: Readonly<Record<string, (next: Segment) => Segment>> = {
  'destination options': destinationOptions,
  'an authentication header': authenticationHeader,
  'a routing header and destination options': (next) => routingHeader(destinationOptions(next)),
  'hop-by-hop options, which do not belong there': hopByHop,
};
const LENGTH: Readonly<Record<string, number>> = {
  'destination options': 8,
  'an authentication header': 24,
  'a routing header and destination options': 16,
  'hop-by-hop options, which do not belong there': 8,
};

const INSIDE: readonly Entry[] = Object.entries(WITH_HEADERS).flatMap(([what, wrap]) => {
  const headers = LENGTH[what] ?? 0;
  return [
    entry(`${what} in the first`, into(received(first(wrap(QUERY))), 'ALLOWED'), into(received(later(wrap(QUERY), 64)), 'pass', 'pass')),
    ...Array.from({ length: (headers + 8) / 8 - 1 }, (_, index) => 8 * (index + 1)).map((at) =>
      entry(
        `one at ${at}, over ${what} or the UDP header behind`,
        into(received(first(wrap(QUERY))), 'ALLOWED'),
        intoUnread(received(later(wrap(QUERY), at)), OVERLAP),
      ),
    ),
    ...Array.from({ length: (headers + 24) / 8 - 1 }, (_, index) => 8 * (index + 1)).map((at) =>
      entry(
        `one at ${at}, over ${what} or the TCP header behind`,
        into(received(first(wrap(SYN))), 'ALLOWED'),
        intoUnread(received({ ...later(wrap(SYN), at) }), OVERLAP),
      ),
    ),
    entry(
      `one at once behind ${what} and the UDP header`,
      into(received(first(wrap(QUERY))), 'ALLOWED'),
      into(received(later(wrap(QUERY), headers + 8)), 'pass', 'pass'),
    ),
    ...Array.from({ length: headers / 8 + 1 }, (_, index) => 8 * index).map((bytes) =>
      entry(
        `a first that ends ${bytes} bytes into ${what}`,
        intoUnread(received(first(wrap(QUERY), bytes)), 'TRUNCATED'),
        intoUnread(received(later(wrap(QUERY), 64)), ORPHAN),
        outUnread(sent(first(wrap(QUERY), bytes)), 'TRUNCATED'),
      ),
    ),
    entry(
      `${what} before the fragment header`,
      into(received(wrap(first(QUERY))), 'ALLOWED'),
      into(received(wrap(later(QUERY, 64))), 'pass', 'pass'),
      intoUnread(received(wrap(later(QUERY, 64, 8))), ORPHAN),
    ),
  ];
});

const ATOMIC: readonly Entry[] = [
  entry(
    'an atomic fragment is a whole packet (RFC 6946)',
    into(received(fragmentHeader({ id: 7 }, QUERY)), 'ALLOWED'),
    intoUnread(received(later(QUERY, 64)), ORPHAN),
    into(received(fragmentHeader({ id: 7 }, OTHER_PORT)), 'POLICY'),
    out(sent(fragmentHeader({ id: 7 }, QUERY)), 'ALLOWED'),
    out(sent(fragmentHeader({ id: 7 }, OTHER_PORT)), 'POLICY'),
  ),
  entry(
    'an atomic fragment does not take the place of a first of its number',
    into(received(first(QUERY)), 'ALLOWED'),
    into(received(fragmentHeader({ id: 7 }, OTHER_PORT)), 'POLICY'),
    into(received(later(QUERY, 64)), 'pass', 'pass'),
  ),
];

/** The outer header is what a receiver puts together first; Linux drops the rest. Whatever we take for the number, nothing follows that has no first. */
const NESTED: readonly Entry[] = [
  entry(
    'a first in an atomic fragment',
    into(received(fragmentHeader({ id: 1 }, first(QUERY))), 'ALLOWED'),
    into(received(later(QUERY, 64)), 'pass', 'pass'),
  ),
  entry(
    'a whole packet in a first',
    into(received(fragmentHeader({ id: 1, more: true }, fragmentHeader({ id: 2 }, slice(QUERY, 0, 64)))), 'ALLOWED'),
    intoUnread(received(later(QUERY, 64, 1)), ORPHAN),
    intoUnread(received(later(QUERY, 64, 2)), ORPHAN),
  ),
  entry(
    'a first in a first: the inner number counts',
    into(received(fragmentHeader({ id: 1, more: true }, first(QUERY, 64, 2))), 'ALLOWED'),
    intoUnread(received(later(QUERY, 64, 1)), ORPHAN),
    into(received(later(QUERY, 64, 2)), 'pass', 'pass'),
  ),
  entry(
    'a later one in a first',
    intoUnread(received(fragmentHeader({ id: 1, more: true }, later(QUERY, 64, 2))), ORPHAN),
    outUnread(sent(fragmentHeader({ id: 1, more: true }, later(QUERY, 64, 2))), ORPHAN),
  ),
  entry(
    'a first in a later one is data',
    intoUnread(received(fragmentHeader({ id: 1, offset: 10, more: true }, first(QUERY, 64, 2))), ORPHAN),
    intoUnread(received(later(QUERY, 64, 2)), ORPHAN),
  ),
];

const FALSE_WORD: readonly Entry[] = [
  ...[6, 17, 58, 132, 0, 43, 44, 50, 51, 59, 60, 255].map((protocol) =>
    entry(
      `a later one that calls itself protocol ${protocol} is its first's`,
      into(received(first(QUERY)), 'ALLOWED'),
      into(received(fragmentHeader({ id: 7, offset: 8 }, { ...slice(QUERY, 64), protocol })), 'pass', 'pass'),
      intoUnread(received(fragmentHeader({ id: 8, offset: 8 }, { ...slice(QUERY, 64), protocol })), ORPHAN),
    ),
  ),
  ...[8, 16].map((at) =>
    entry(
      `a later one at ${at} that calls itself UDP stays out of the TCP header of its first`,
      into(received(first(SYN)), 'ALLOWED'),
      intoUnread(received(fragmentHeader({ id: 7, offset: at / 8 }, { ...slice(SYN, at), protocol: 17 })), OVERLAP),
    ),
  ),
  entry(
    'a later one that calls itself ICMPv6 is no router advertisement',
    intoUnread(
      received(fragmentHeader({ id: 9, offset: 8 }, { ...raw(58, Uint8Array.of(134, 0, 0, 0, 0, 0, 0, 0)), hopLimit: 255 })),
      ORPHAN,
    ),
    outUnread(sent(fragmentHeader({ id: 9, offset: 8 }, { ...raw(58, Uint8Array.of(134, 0, 0, 0, 0, 0, 0, 0)), hopLimit: 255 })), ORPHAN),
  ),
  entry(
    'without a next header',
    into(received(fragmentHeader({ id: 9, more: true }, raw(59, DATA)), partner(V6)), 'ALLOWED'),
    into(received(fragmentHeader({ id: 9, offset: 25 }, raw(59, DATA)), partner(V6)), 'pass', 'pass'),
    into(received(fragmentHeader({ id: 9, more: true }, raw(59, DATA))), 'POLICY'),
    intoEach(received(fragmentHeader({ id: 9, offset: 25 }, raw(59, DATA))), [ORPHAN, ORPHAN, 'pass', 'pass']),
  ),
  entry(
    'reserved bits in the fragment header do not count',
    into(received(reserved(0x06)), 'ALLOWED'),
    intoUnread(received(reserved(0x46)), ORPHAN),
    into(received(reserved(0x07)), 'pass', 'pass'),
    into(received(reserved(0x46)), 'pass', 'pass'),
  ),
];

/** A fragment header whose low offset byte is given: bits 1 and 2 are reserved. */
function reserved(low: number): Segment {
  const piece = slice(QUERY, 0, 64);
  return { ...piece, protocol: 44, bytes: (pseudo) => Uint8Array.from([17, 0xff, 0, low, 0, 0, 0, 3, ...piece.bytes(pseudo)]) };
}

export const FRAGMENTS_V6: readonly Entry[] = [...INSIDE, ...ATOMIC, ...NESTED, ...FALSE_WORD];
