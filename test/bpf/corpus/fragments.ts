/** Fragments of both families: order, overlap, gaps, offsets up to the last, first ones that are too short, and what belongs to another datagram. */

import { fragmentHeader } from '../../support/builders/extension-headers.ts';
import { ipv4, ipv6, slice, type Packet, type Segment } from '../../support/builders/frames.ts';
import { sctp, tcp, udp } from '../../support/builders/segments.ts';
import { FAMILIES, V4, type Family } from '../stage.ts';
import { entry, into, intoEach, intoUnread, out, outNever, outUnread, partner, type Entry, type Step } from './table.ts';

const DATA = new Uint8Array(200);
const QUERY = udp({ source: 40000, destination: 53, data: DATA });
const SYN = tcp({ source: 40000, destination: 80, data: DATA });
const INIT = sctp({ source: 40000, destination: 80, data: DATA });
const ORPHAN = 'FRAGMENT_ORPHAN';
const OVERLAP = 'FRAGMENT_OVERLAP';

interface Part {
  readonly whole?: Segment;
  readonly source?: string;
  readonly destination?: string;
  /** In bytes, a multiple of 8. */
  readonly at: number;
  readonly bytes?: number;
  readonly more?: boolean;
  readonly id?: number;
  readonly dontFragment?: boolean;
}

function part(family: Family, options: Part): Packet {
  const { whole = QUERY, source = family.friend, destination = family.pod, at, bytes = 48, more = true, id = 7 } = options;
  const piece = slice(whole, at, at + bytes);
  return family === V4
    ? ipv4({ source, destination, id, moreFragments: more, fragmentOffset: at / 8, dontFragment: options.dontFragment ?? false }, piece)
    : ipv6({ source, destination }, fragmentHeader({ id, more, offset: at / 8 }, piece));
}

function fragmentsOf(family: Family): readonly Entry[] {
  const { name, pod, friend, stranger, neighbour } = family;
  /** The friend's question, which is allowed; the first is counted, and the row that it makes explains the others. */
  const first = (more: Partial<Part> = {}): Step => into(part(family, { at: 0, ...more }), 'ALLOWED');
  const later = (at: number, more: Partial<Part> = {}): Step => into(part(family, { at, ...more }), 'pass', 'pass');
  const dropped = (at: number, reason: 'FRAGMENT_ORPHAN' | 'FRAGMENT_OVERLAP', more: Partial<Part> = {}): Step =>
    intoUnread(part(family, { at, ...more }), reason);
  const sent = (at: number, more: Partial<Part> = {}): Packet => part(family, { source: pod, destination: friend, at, ...more });
  return [
    entry(`${name}: in order`, first(), later(48), later(96, { more: false })),
    entry(`${name}: in reverse order behind the first`, first(), later(96, { more: false }), later(48)),
    entry(`${name}: twice`, first(), later(48), later(48), into(part(family, { at: 0 }), 'pass', 'pass'), later(48)),
    entry(`${name}: without a first`, dropped(48, ORPHAN), dropped(96, ORPHAN, { more: false })),
    entry(`${name}: a first that comes late`, dropped(48, ORPHAN), first(), later(48)),
    entry(`${name}: with a gap`, first(), later(160, { more: false })),
    entry(`${name}: data over data, which policy does not mind`, first(), later(40), later(16), later(8)),
    entry(`${name}: a second first over the first`, first(), into(part(family, { at: 0, bytes: 24 }), 'pass', 'pass'), later(48)),
    entry(
      `${name}: a second first to a port that is denied`,
      first(),
      // In the direction that is open it is a flow of its own, and its datagram goes on under its ports.
      into(part(family, { at: 0, whole: udp({ source: 40000, destination: 54, data: DATA }) }), 'POLICY'),
      intoUnread(part(family, { at: 48 }), ORPHAN),
    ),
    ...[8, 16].map((at) =>
      entry(`${name}: over the TCP header, at ${at}`, first({ whole: SYN }), dropped(at, OVERLAP, { whole: SYN, bytes: 16 })),
    ),
    entry(`${name}: over the SCTP header, at 8`, first({ whole: INIT }), dropped(8, OVERLAP, { whole: INIT, bytes: 16 })),
    entry(`${name}: behind the UDP header at once, at 8`, first(), later(8)),
    entry(
      `${name}: behind the TCP header at once, at 24`,
      first({ whole: SYN }),
      intoEach(part(family, { at: 24, whole: SYN }), ['ALLOWED', 'ALLOWED', 'ALLOWED', 'pass']),
    ),
    ...[8191, 8190, 8189].map((units) =>
      entry(
        `${name}: at the offset ${units * 8}`,
        dropped(units * 8, ORPHAN, { more: false }),
        first(),
        into(wide(family, units), 'pass', 'pass'),
      ),
    ),
    entry(`${name}: the last, and nothing in it`, first(), later(200, { bytes: 0, more: false })),
    entry(`${name}: a first that says it is whole is no fragment`, first({ more: false }), dropped(48, ORPHAN)),
    ...(['TCP', 'SCTP', 'UDP'] as const).flatMap((protocol) => {
      const whole = { TCP: SYN, SCTP: INIT, UDP: QUERY }[protocol];
      return { TCP: [0, 8, 16], SCTP: [0, 8], UDP: [0] }[protocol].map((bytes) =>
        entry(
          `${name}: a first with ${bytes} bytes of ${protocol}`,
          intoUnread(part(family, { at: 0, whole, bytes }), 'TRUNCATED'),
          dropped(48, ORPHAN, { whole }),
          outUnread(sent(0, { whole, bytes }), 'TRUNCATED'),
          outUnread(sent(48, { whole }), ORPHAN),
        ),
      );
    }),
    entry(`${name}: of another number`, first(), dropped(48, ORPHAN, { id: 8 })),
    entry(`${name}: of another peer`, first(), dropped(48, ORPHAN, { source: stranger })),
    entry(`${name}: of the other direction`, first(), outUnread(sent(48), ORPHAN)),
    entry(`${name}: to another address`, first(), dropped(48, ORPHAN, { destination: neighbour })),
    entry(
      `${name}: of a stranger`,
      into(part(family, { at: 0, source: stranger }), 'POLICY'),
      intoEach(part(family, { at: 48, source: stranger }), [ORPHAN, ORPHAN, 'pass', 'pass']),
    ),
    entry(
      `${name}: of the pod to its friend`,
      out(sent(0), 'ALLOWED'),
      out(sent(48), 'pass', 'pass'),
      out(sent(96, { more: false }), 'pass', 'pass'),
    ),
    entry(
      `${name}: of the pod to a stranger`,
      out(part(family, { source: pod, destination: stranger, at: 0 }), 'POLICY'),
      out(part(family, { source: pod, destination: stranger, at: 48 }), ORPHAN, 'pass'),
    ),
    entry(
      `${name}: of another source`,
      outNever(sent(0, { source: neighbour }), 'SPOOFED_SOURCE'),
      outNever(sent(48, { source: neighbour }), 'SPOOFED_SOURCE'),
      outNever(sent(65_528 - 48, { source: neighbour }), 'SPOOFED_SOURCE'),
    ),
    entry(
      `${name}: of a protocol without ports`,
      into(part(family, { at: 0, source: partner(family), whole: { protocol: 47, bytes: () => DATA } }), 'ALLOWED'),
      into(part(family, { at: 48, source: partner(family), whole: { protocol: 47, bytes: () => DATA } }), 'pass', 'pass'),
      into(part(family, { at: 0, whole: { protocol: 47, bytes: () => DATA }, id: 9 }), 'POLICY'),
      intoEach(part(family, { at: 48, whole: { protocol: 47, bytes: () => DATA }, id: 9 }), [ORPHAN, ORPHAN, 'pass', 'pass']),
    ),
    entry(
      `${name}: of an echo request`,
      into(part(family, { at: 0, source: partner(family), whole: family.echo({ data: DATA }) }), 'ALLOWED'),
      into(part(family, { at: 48, source: partner(family), whole: family.echo({ data: DATA }) }), 'pass', 'pass'),
      into(part(family, { at: 0, whole: family.echo({ data: DATA }) }), 'POLICY'),
    ),
    entry(
      `${name}: of an ICMP error, which does not fit into one`,
      intoUnread(part(family, { at: 0, whole: family.unreachable(family.packet(pod, friend, QUERY)), bytes: 24 }), 'ICMP_UNRELATED'),
      dropped(48, ORPHAN, { whole: family.unreachable(family.packet(pod, friend, QUERY)) }),
    ),
  ];
}

/** So far behind that the datagram would be longer than any may be. */
function wide(family: Family, units: number): Packet {
  const piece: Segment = { protocol: 17, bytes: () => new Uint8Array(64) };
  return family === V4
    ? ipv4({ source: family.friend, destination: family.pod, id: 7, fragmentOffset: units }, piece)
    : ipv6({ source: family.friend, destination: family.pod }, fragmentHeader({ id: 7, offset: units }, piece));
}

const V4_ONLY: readonly Entry[] = [
  entry(
    'IPv4: "do not fragment" on fragments',
    into(part(V4, { at: 0, dontFragment: true }), 'ALLOWED'),
    into(part(V4, { at: 48, dontFragment: true, more: false }), 'pass', 'pass'),
    intoUnread(part(V4, { at: 48, dontFragment: true, id: 8 }), ORPHAN),
  ),
  entry(
    'IPv4: of the same number and another protocol',
    into(part(V4, { at: 0 }), 'ALLOWED'),
    intoUnread(part(V4, { at: 48, whole: SYN }), ORPHAN),
    intoUnread(part(V4, { at: 48, whole: { protocol: 1, bytes: () => DATA } }), ORPHAN),
  ),
  ...[8, 16].map((at) =>
    entry(
      `IPv4: one that begins inside any TCP header, at ${at}, whether its first was seen or not (RFC 1858)`,
      intoUnread(part(V4, { at, whole: SYN, bytes: 16 }), OVERLAP),
      outUnread(part(V4, { at, whole: SYN, bytes: 16, source: V4.pod, destination: V4.friend }), OVERLAP),
    ),
  ),
];

export const FRAGMENTS: readonly Entry[] = [...FAMILIES.flatMap(fragmentsOf), ...V4_ONLY];
