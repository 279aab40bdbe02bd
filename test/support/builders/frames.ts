/** Ethernet frames and IP packets as bytes, put together from layers: `ethernet({}, ipv4({…}, tcp({…})))`. */

import { concat, internetChecksum, macBytes, u16, u32, wireAddress, withU16 } from './bytes.ts';
import type { AddressLike } from './bytes.ts';

/** What transport checksums cover of the IP header. */
export interface PseudoHeader {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

/** What follows an IP header: its bytes can depend on the addresses, for the checksum. */
export interface Segment {
  /** IANA protocol number, or the number of an IPv6 extension header. */
  readonly protocol: number;
  /** Hop limit that this message needs to be taken seriously; 64 where it does not care. */
  readonly hopLimit?: number;
  bytes(pseudo: PseudoHeader): Uint8Array;
}

/** An IP packet, or anything else that has an ethertype. */
export interface Packet {
  readonly ethertype: number;
  readonly bytes: Uint8Array;
}

export interface Vlan {
  readonly id: number;
  /** 0x8100 (default) or 0x88a8 */
  readonly type?: number;
  readonly priority?: number;
}

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, vlan: 0x8100, qinq: 0x88a8, pppoe: 0x8864, mpls: 0x8847 } as const;
export const POD_MAC = '02:00:00:00:00:01';
export const HOST_MAC = '02:00:00:00:00:02';

export interface EthernetOptions {
  readonly source?: string;
  readonly destination?: string;
  /** Outermost first. */
  readonly vlans?: readonly Vlan[];
}

/** A whole frame without its check sequence; not padded to 60 bytes. */
export function ethernet(options: EthernetOptions, payload: Packet): Uint8Array {
  const tags = (options.vlans ?? []).map((tag) => concat(u16(tag.type ?? ETHERTYPE.vlan), u16(((tag.priority ?? 0) << 13) | tag.id)));
  return concat(
    macBytes(options.destination ?? HOST_MAC),
    macBytes(options.source ?? POD_MAC),
    ...tags,
    u16(payload.ethertype),
    payload.bytes,
  );
}

/** Any other ethertype: PPPoE, MPLS, LLC (a length of at most 1500)… */
export function otherPacket(ethertype: number, bytes: Uint8Array = new Uint8Array(46)): Packet {
  return { ethertype, bytes };
}

/** Cut a frame, or a packet's end, off at `length` bytes. */
export function truncate(frame: Uint8Array, length: number): Uint8Array {
  return frame.slice(0, length);
}

export interface ArpOptions {
  readonly operation: 'request' | 'reply';
  readonly senderMac?: string;
  readonly sender: AddressLike;
  readonly targetMac?: string;
  readonly target: AddressLike;
}

export function arp(options: ArpOptions): Packet {
  const bytes = concat(
    [...u16(1), ...u16(ETHERTYPE.ipv4), 6, 4, ...u16(options.operation === 'request' ? 1 : 2)],
    macBytes(options.senderMac ?? POD_MAC),
    wireAddress(options.sender),
    macBytes(options.targetMac ?? '00:00:00:00:00:00'),
    wireAddress(options.target),
  );
  return { ethertype: ETHERTYPE.arp, bytes };
}

export interface Ipv4Options {
  readonly source: AddressLike;
  readonly destination: AddressLike;
  readonly ttl?: number;
  readonly id?: number;
  readonly dontFragment?: boolean;
  readonly moreFragments?: boolean;
  /** In units of 8 bytes. */
  readonly fragmentOffset?: number;
  /** Raw option bytes, filled up with zeros to a multiple of 4; at most 40. */
  readonly options?: Uint8Array;
  /** A false version, header length (in words of 4 bytes), total length (in bytes) or protocol. */
  readonly version?: number;
  readonly headerWords?: number;
  readonly totalLength?: number;
  readonly protocol?: number;
  readonly badChecksum?: boolean;
}

/** One NOP after another: an option field of `words` × 4 bytes that changes nothing. */
export function ipv4Padding(words: number): Uint8Array {
  return new Uint8Array(words * 4).fill(1);
}

/** RFC 2113, as IGMP carries it. */
export const ROUTER_ALERT_V4 = Uint8Array.of(148, 4, 0, 0);

export function ipv4(options: Ipv4Options, payload: Segment): Packet {
  const [source, destination] = [wireAddress(options.source), wireAddress(options.destination)];
  const extra = options.options ?? new Uint8Array();
  const padded = concat(extra, new Uint8Array((4 - (extra.length % 4)) % 4));
  const body = payload.bytes({ source, destination });
  const flags = (options.dontFragment ? 0x4000 : 0) | (options.moreFragments ? 0x2000 : 0) | (options.fragmentOffset ?? 0);
  const header = concat(
    [((options.version ?? 4) << 4) | (options.headerWords ?? 5 + padded.length / 4), 0],
    u16(options.totalLength ?? 20 + padded.length + body.length),
    u16(options.id ?? 1),
    u16(flags),
    [options.ttl ?? payload.hopLimit ?? 64, options.protocol ?? payload.protocol],
    u16(0),
    source,
    destination,
    padded,
  );
  const checksum = internetChecksum(header) ^ (options.badChecksum ? 0xffff : 0);
  return { ethertype: ETHERTYPE.ipv4, bytes: concat(withU16(header, 10, checksum), body) };
}

export interface Ipv6Options {
  readonly source: AddressLike;
  readonly destination: AddressLike;
  readonly hopLimit?: number;
  readonly flowLabel?: number;
  /** False values. */
  readonly version?: number;
  readonly payloadLength?: number;
  readonly nextHeader?: number;
}

/** Addresses may be sixteen raw bytes, so that mapped ones (which the model refuses) can be sent. */
export function ipv6(
  options: Omit<Ipv6Options, 'source' | 'destination'> & { source: AddressLike | Uint8Array; destination: AddressLike | Uint8Array },
  payload: Segment,
): Packet {
  const [source, destination] = [options.source, options.destination].map((value) =>
    value instanceof Uint8Array ? value : wireAddress(value),
  );
  if (source?.length !== 16 || destination?.length !== 16) throw new TypeError('an IPv6 packet needs two IPv6 addresses');
  const body = payload.bytes({ source, destination });
  const bytes = concat(
    u32((((options.version ?? 6) << 28) | (options.flowLabel ?? 0)) >>> 0),
    u16(options.payloadLength ?? body.length),
    [options.nextHeader ?? payload.protocol, options.hopLimit ?? payload.hopLimit ?? 64],
    source,
    destination,
    body,
  );
  return { ethertype: ETHERTYPE.ipv6, bytes };
}

/** `::ffff:a.b.c.d` in sixteen bytes. */
export function mappedAddress(ipv4Address: AddressLike): Uint8Array {
  return concat(new Uint8Array(10), [255, 255], wireAddress(ipv4Address));
}

/** Bytes of any protocol, without a checksum of their own. */
export function raw(protocol: number, bytes: Uint8Array = new Uint8Array(8)): Segment {
  return { protocol, bytes: () => bytes };
}

/** A part of a segment, in bytes, for fragments: the checksum is still that of the whole. */
export function slice(whole: Segment, start: number, end?: number): Segment {
  return { ...whole, bytes: (pseudo) => whole.bytes(pseudo).slice(start, end) };
}

/** A whole packet inside another: IP in IP (protocol 4 or 41). */
export function encapsulated(packet: Packet): Segment {
  return raw(packet.ethertype === ETHERTYPE.ipv6 ? 41 : 4, packet.bytes);
}
