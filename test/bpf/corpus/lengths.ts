/** Lengths that IP and its payload tell, larger and smaller than the frame: bytes behind the packet do not count, and missing ones are missed. */

import { concat } from '../../support/builders/bytes.ts';
import { ethernet, ipv4, ipv6, raw, type Packet, type Segment } from '../../support/builders/frames.ts';
import { echo, echo6, sctp, tcp, udp } from '../../support/builders/segments.ts';
import { FAMILIES, V4, type Family } from '../stage.ts';
import { entry, into, intoUnread, out, outNever, outUnread, partner, type Entry, type Seen } from './table.ts';

const SYN = tcp({ source: 40000, destination: 80 });

/** `payload`: bytes behind the IP header, as IP tells them. */
function told(family: Family, source: string, destination: string, payload: number, segment: Segment): Packet {
  return family === V4
    ? ipv4({ source, destination, totalLength: 20 + payload }, segment)
    : ipv6({ source, destination, payloadLength: payload }, segment);
}

const padded = (packet: Packet, bytes: number): Uint8Array => concat(ethernet({}, packet), new Uint8Array(bytes).fill(0xa5));

function lengthsOf(family: Family): readonly Entry[] {
  const { name, friend, pod, stranger } = family;
  const unread = (what: string, reason: Seen, payload: number, segment: Segment = SYN): Entry =>
    entry(
      `${name}: ${what}`,
      intoUnread(told(family, friend, pod, payload, segment), reason),
      outUnread(told(family, pod, friend, payload, segment), reason),
      outNever(told(family, stranger, friend, payload, segment), 'SPOOFED_SOURCE'),
    );
  return [
    ...[1, 6, 20, 1000].map((bytes) =>
      entry(
        `${name}: ${bytes} bytes behind the packet`,
        into(padded(family.packet(friend, pod, SYN), bytes), 'ALLOWED'),
        into(padded(family.packet(stranger, pod, SYN), bytes), 'POLICY'),
        out(padded(family.packet(pod, friend, SYN), bytes), 'ALLOWED'),
        out(padded(family.packet(pod, stranger, SYN), bytes), 'POLICY'),
      ),
    ),
    entry(
      `${name}: a transport header behind the packet is none`,
      intoUnread(padded(told(family, friend, pod, 0, raw(6, new Uint8Array())), 20), 'TRUNCATED'),
      outUnread(padded(told(family, pod, friend, 0, raw(6, new Uint8Array())), 20), 'TRUNCATED'),
    ),
    ...[1, 8, 1000, 65_000].map((bytes) => unread(`${bytes} bytes are missing`, 'TRUNCATED', 20 + bytes)),
    ...[1, 4, 8, 19].map((bytes) => unread(`${bytes} bytes of TCP are told`, 'TRUNCATED', bytes)),
    ...[1, 4, 7].map((bytes) => unread(`${bytes} bytes of UDP are told`, 'TRUNCATED', bytes, udp({ source: 40000, destination: 53 }))),
    ...[1, 8, 12, 15].map((bytes) =>
      unread(`${bytes} bytes of SCTP are told`, 'TRUNCATED', bytes, sctp({ source: 40000, destination: 80 })),
    ),
    ...[1, 4, 7].map((bytes) => unread(`${bytes} bytes of an echo are told`, 'TRUNCATED', bytes, family === V4 ? echo() : echo6())),
    unread('TCP options are told that are not there', 'TRUNCATED', 20, tcp({ source: 40000, destination: 80, headerWords: 6 })),
    unread('TCP options that IP leaves out', 'TRUNCATED', 20, tcp({ source: 40000, destination: 80, options: new Uint8Array(8) })),
    ...[0, 1, 2, 3, 4].map((words) =>
      unread(`a TCP header of ${words * 4} bytes`, 'MALFORMED', 20, tcp({ source: 40000, destination: 80, headerWords: words })),
    ),
    entry(
      `${name}: the whole TCP header is options`,
      into(family.packet(friend, pod, tcp({ source: 40000, destination: 80, options: new Uint8Array(40).fill(1) })), 'ALLOWED'),
      into(family.packet(friend, pod, tcp({ source: 40000, destination: 81, options: new Uint8Array(40).fill(1) })), 'POLICY'),
    ),
    ...[0, 1, 7, 8, 9, 65_535].map((length) =>
      entry(
        `${name}: UDP tells ${length} bytes itself, which is the receiver's to check`,
        into(family.packet(friend, pod, udp({ source: 40000, destination: 53, length })), 'ALLOWED'),
        into(family.packet(stranger, pod, udp({ source: 40000, destination: 53, length })), 'POLICY'),
        into(family.packet(friend, pod, udp({ source: 40000, destination: 54, length })), 'POLICY'),
      ),
    ),
    ...['TCP', 'UDP'].map((protocol) => {
      const make = protocol === 'TCP' ? tcp : udp;
      const destination = protocol === 'TCP' ? 80 : 53;
      return entry(
        `${name}: a bad ${protocol} checksum, which is the receiver's to find`,
        into(family.packet(friend, pod, make({ source: 40000, destination, badChecksum: true })), 'ALLOWED'),
        into(family.packet(stranger, pod, make({ source: 40000, destination, badChecksum: true })), 'POLICY'),
      );
    }),
    ...[0, 1, 65_535].map((port) =>
      entry(
        `${name}: port ${port}`,
        into(family.packet(friend, pod, tcp({ source: port, destination: 80 })), 'ALLOWED'),
        into(family.packet(friend, pod, tcp({ source: 40000, destination: port })), 'POLICY'),
        into(family.packet(partner(family), pod, tcp({ source: 40000, destination: port })), 'ALLOWED'),
        out(family.packet(pod, friend, tcp({ source: 40000, destination: port })), 'POLICY'),
      ),
    ),
    entry(
      `${name}: a protocol without ports and without bytes`,
      into(family.packet(partner(family), pod, raw(89, new Uint8Array())), 'ALLOWED'),
      into(family.packet(friend, pod, raw(89, new Uint8Array())), 'POLICY'),
    ),
    ...[3000, 0].map((length) =>
      entry(
        `${name}: a segment of 3,000 bytes that the kernel still has to cut and that tells ${length}`,
        into(told(family, friend, pod, length === 0 ? (family === V4 ? -20 : 0) : 20 + length, big(80)), 'ALLOWED', 'ALLOWED', UNCUT),
        into(told(family, friend, pod, length === 0 ? (family === V4 ? -20 : 0) : 20 + length, big(81)), 'POLICY', 'ALLOWED', UNCUT),
        into(told(family, stranger, pod, length === 0 ? (family === V4 ? -20 : 0) : 20 + length, big(80)), 'POLICY', 'ALLOWED', UNCUT),
      ),
    ),
  ];
}

const UNCUT = { segments: 3 };
const big = (destination: number): Segment => tcp({ source: 40000, destination, data: new Uint8Array(3000) });

const V4_ONLY: readonly Entry[] = [
  ...[0, 1, 19].map((totalLength) =>
    entry(
      `IPv4: a total length of ${totalLength}`,
      intoUnread(ipv4({ source: V4.friend, destination: V4.pod, totalLength }, SYN), 'MALFORMED'),
      outUnread(ipv4({ source: V4.pod, destination: V4.friend, totalLength }, SYN), 'MALFORMED'),
      outNever(ipv4({ source: V4.stranger, destination: V4.friend, totalLength }, SYN), 'SPOOFED_SOURCE'),
    ),
  ),
  entry(
    'IPv4: a bad header checksum, which the stack behind finds',
    into(ipv4({ source: V4.friend, destination: V4.pod, badChecksum: true }, SYN), 'ALLOWED'),
    into(ipv4({ source: V4.stranger, destination: V4.pod, badChecksum: true }, SYN), 'POLICY'),
  ),
  ...[0, 1, 255].map((ttl) =>
    entry(
      `IPv4: a time to live of ${ttl}`,
      into(ipv4({ source: V4.friend, destination: V4.pod, ttl }, SYN), 'ALLOWED'),
      into(ipv4({ source: V4.stranger, destination: V4.pod, ttl }, SYN), 'POLICY'),
    ),
  ),
];

const VERSIONS: readonly Entry[] = FAMILIES.flatMap(({ name, friend, pod, stranger }) =>
  Array.from({ length: 16 }, (_, version) => version)
    .filter((version) => version !== (name === 'IPv4' ? 4 : 6))
    .map((version) => {
      const make = (source: string, destination: string): Packet =>
        name === 'IPv4' ? ipv4({ source, destination, version }, SYN) : ipv6({ source, destination, version }, SYN);
      return entry(
        `${name}: version ${version}`,
        intoUnread(make(friend, pod), 'MALFORMED'),
        outUnread(make(pod, friend), 'MALFORMED'),
        outNever(make(stranger, friend), 'SPOOFED_SOURCE'),
      );
    }),
);

export const LENGTHS: readonly Entry[] = [...FAMILIES.flatMap(lengthsOf), ...V4_ONLY, ...VERSIONS];
