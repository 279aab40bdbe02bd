/** A second, naive reading of frames: may this one reach or leave a pod that is isolated both ways and has no rules? Slow, and sharing nothing with the program. */

import { addressBytes, addressFromBytes, parseAddress, type Address } from '../../src/model/ip.ts';
import type { Direction } from '../../src/model/verdict.ts';

export interface Exempt {
  readonly pod: readonly Address[];
  /** The own node's addresses, and the gateway's. */
  readonly node: readonly Address[];
}

const MAPPED_PREFIX = addressBytes(parseAddress('0.0.0.0')).slice(0, 12);
const EXTENSIONS = [0, 43, 44, 51, 60];
const MOST_EXTENSIONS = 8;
const MOST_TAGS = 4;

/** What an IP packet says of itself. Undefined for what cannot be read. */
interface Read {
  readonly v6: boolean;
  readonly source: Address;
  readonly destination: Address;
  readonly hopLimit: number;
  readonly protocol: number;
  /** From the transport header on; empty for a later fragment. */
  readonly transport: Uint8Array;
  readonly later: boolean;
}

/** Why the frame may pass, or undefined: then it must not. */
export function exemptionOf(frame: Uint8Array, direction: Direction, fromNode: boolean, exempt: Exempt): string | undefined {
  let at = 12;
  let tags = 0;
  const type = (): number => ((frame[at] ?? -1) << 8) | (frame[at + 1] ?? 0);
  for (; tags < MOST_TAGS && (type() === 0x8100 || type() === 0x88a8); tags += 1) at += 4;
  const rest = frame.slice(at + 2);
  if (frame.length < at + 2) return undefined;
  if (type() === 0x0806) return direction === 'ingress' || speaksForItself(rest, exempt) ? 'ARP' : undefined;
  const packet = type() === 0x0800 ? readIPv4(rest) : type() === 0x86dd ? readIPv6(rest) : undefined;
  return packet === undefined ? undefined : exemptionOfPacket(packet, direction, fromNode, exempt);
}

function exemptionOfPacket(packet: Read, direction: Direction, fromNode: boolean, exempt: Exempt): string | undefined {
  const { source, destination, protocol, transport, v6 } = packet;
  const out = direction === 'egress';
  const [local, remote] = out ? [source, destination] : [destination, source];
  if (v6 && (isMapped(source) || isMapped(destination))) return undefined;
  if (out && !exempt.pod.includes(local) && !(staysOnLink(local) && (isLinkLocal(remote, v6) || isGroup(remote, v6)))) {
    // Duplicate detection and solicitations go out before there is an address.
    if (!(staysOnLink(local) && v6 && protocol === 58 && isDiscovery(transport))) return undefined;
  }
  if (v6 && protocol === 58 && !packet.later && isDiscovery(transport)) return mayDiscover(packet, out, exempt) ? 'discovery' : undefined;
  const membership = v6 ? protocol === 58 && [130, 131, 132, 143].includes(transport[0] ?? -1) : protocol === 2;
  if (membership && !packet.later && packet.hopLimit === 1 && isGroup(destination, v6)) return 'membership';
  if (packet.later) return undefined;
  // Into the pod its own address proves nothing where the packet came in by another's interface.
  if (out && exempt.pod.includes(local) && exempt.pod.includes(remote)) return 'the pod itself';
  if (isError(packet) && !out && fromNode && exempt.node.includes(remote)) return "the own node's word";
  if (isError(packet)) return quotesExempt(packet, out, exempt) ? 'error about exempt traffic' : undefined;
  if (exempt.node.includes(remote) && (out || fromNode)) return 'the own node';
  return undefined;
}

function readIPv4(bytes: Uint8Array): Read | undefined {
  const header = ((bytes[0] ?? 0) & 15) * 4;
  const length = u16(bytes, 2);
  if (bytes.length < 20 || (bytes[0] ?? 0) >> 4 !== 4 || header < 20 || length < header || length > bytes.length) return undefined;
  const offset = u16(bytes, 6) & 0x1fff;
  const transport = bytes.slice(header, length);
  const protocol = bytes[9] ?? 0;
  const known = { v6: false, source: address4(bytes, 12), destination: address4(bytes, 16), hopLimit: bytes[8] ?? 0, protocol };
  if (offset > 0) return { ...known, transport: new Uint8Array(), later: true };
  return isWhole(false, protocol, transport) ? { ...known, transport, later: false } : undefined;
}

function readIPv6(bytes: Uint8Array): Read | undefined {
  const length = u16(bytes, 4);
  if (bytes.length < 40 || (bytes[0] ?? 0) >> 4 !== 6 || length > bytes.length - 40) return undefined;
  const packet = bytes.slice(0, 40 + length);
  const known = { v6: true, source: addressFromBytes(bytes, 8), destination: addressFromBytes(bytes, 24), hopLimit: bytes[7] ?? 0 };
  let [protocol, at] = [bytes[6] ?? 0, 40];
  for (let count = 0; EXTENSIONS.includes(protocol); count += 1) {
    if (count === MOST_EXTENSIONS || at + 8 > packet.length) return undefined;
    const [next, words] = [packet[at] ?? 0, packet[at + 1] ?? 0];
    const later = protocol === 44 && u16(packet, at + 2) >> 3 > 0;
    at += protocol === 44 ? 8 : protocol === 51 ? (words + 2) * 4 : (words + 1) * 8;
    protocol = next;
    if (later) return { ...known, protocol, transport: new Uint8Array(), later: true };
  }
  if (at > packet.length) return undefined;
  const transport = packet.slice(at);
  return isWhole(true, protocol, transport) ? { ...known, protocol, transport, later: false } : undefined;
}

/** The transport header is all there. */
function isWhole(v6: boolean, protocol: number, transport: Uint8Array): boolean {
  if (protocol === 6)
    return transport.length >= 20 && (transport[12] ?? 0) >> 4 >= 5 && transport.length >= ((transport[12] ?? 0) >> 4) * 4;
  if (protocol === 17 || protocol === (v6 ? 58 : 1)) return transport.length >= 8;
  return protocol !== 132 || transport.length >= 16;
}

function isDiscovery(transport: Uint8Array): boolean {
  return (transport[0] ?? 0) >= 133 && (transport[0] ?? 0) <= 137;
}

function mayDiscover({ transport, hopLimit }: Read, out: boolean, exempt: Exempt): boolean {
  const type = transport[0] ?? 0;
  if (hopLimit !== 255) return false;
  if (!out) return type !== 133;
  if (type === 133 || type === 135) return true;
  if (type !== 136 || transport.length < 24) return false;
  const target = addressFromBytes(transport, 8);
  return exempt.pod.includes(target) || (isLinkLocal(target, true) && !exempt.node.includes(target));
}

function isError({ v6, protocol, transport }: Read): boolean {
  const type = transport[0] ?? 0;
  return v6 ? protocol === 58 && type >= 1 && type <= 4 : protocol === 1 && [3, 4, 11, 12].includes(type);
}

function quotesExempt({ v6, transport, destination }: Read, out: boolean, exempt: Exempt): boolean {
  const quoted = transport.slice(8);
  if (quoted.length < (v6 ? 40 : 20)) return false;
  const source = v6 ? addressFromBytes(quoted, 8) : address4(quoted, 12);
  const target = v6 ? addressFromBytes(quoted, 24) : address4(quoted, 16);
  const [local, remote] = out ? [target, source] : [source, target];
  if (out && remote !== destination) return false;
  return exempt.pod.includes(local) && [...exempt.pod, ...exempt.node].includes(remote);
}

function speaksForItself(arp: Uint8Array, exempt: Exempt): boolean {
  if (arp.length < 18) return false;
  const sender = address4(arp, 14);
  return exempt.pod.includes(sender) || sender === parseAddress('0.0.0.0');
}

function isMapped(address: Address): boolean {
  return address >> 32n === 0xffffn;
}

/** Unspecified or link-local. */
function staysOnLink(address: Address): boolean {
  return address === 0n || address === parseAddress('0.0.0.0') || isLinkLocal(address, !isMapped(address));
}

function isLinkLocal(address: Address, v6: boolean): boolean {
  return v6 ? address >> 118n === 0x3fan : address >> 16n === (0xffffn << 16n) + 0xa9fen;
}

function isGroup(address: Address, v6: boolean): boolean {
  if (v6) return address >> 120n === 0xffn;
  return ((address >> 28n) & 0xfn) === 0xen || (address & 0xffffffffn) === 0xffffffffn;
}

function address4(bytes: Uint8Array, offset: number): Address {
  return addressFromBytes(Uint8Array.from([...MAPPED_PREFIX, ...bytes.slice(offset, offset + 4)]));
}

function u16(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
}
