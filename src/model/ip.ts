/** Addresses and prefixes as 128-bit numbers, so that both families share every table and every comparison. */

import { IPv4, IPv4CidrRange, IPv6, IPv6CidrRange } from 'ip-num';
import { PosternError } from './error.ts';

/** 128 bits; an IPv4 address stands as its mapped form, `::ffff:a.b.c.d`. */
export type Address = bigint;

/** `length` counts from the left of the 128 bits: IPv4 `/24` is 120. `address` has no bits set beyond it. */
export interface Prefix {
  readonly address: Address;
  readonly length: number;
}

export const ADDRESS_BITS = 128;
/** The prefix `::ffff:0:0/96`, under which every IPv4 address stands. */
export const MAPPED: Prefix = { address: 0xffffn << 32n, length: 96 };

export function isIPv4(address: Address): boolean {
  return address >> 32n === 0xffffn;
}

/** Parse one address in its usual text form; `E_ADDRESS` for anything else, mapped IPv6 and leading zeros too. */
export function parseAddress(text: string): Address {
  try {
    if (text.includes(':')) {
      if (text.includes('.') || text.includes('%')) throw new Error('no embedded IPv4 and no zone');
      const value = new IPv6(text).getValue();
      if (isIPv4(value)) throw new Error('an IPv4-mapped IPv6 address; write the IPv4 address');
      return value;
    }
    if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) throw new Error('four decimal numbers are needed');
    if (/(^|\.)0\d/.test(text)) throw new Error('leading zeros are ambiguous');
    return MAPPED.address | new IPv4(text).getValue();
  } catch (cause) {
    throw new PosternError('E_ADDRESS', `"${text}" is not an IP address: ${reasonOf(cause)}`, {
      mend: 'write an address such as 10.0.0.1 or fd00::1',
      cause,
    });
  }
}

/** Parse a CIDR; host bits are masked, as the NetworkPolicy API's own example (192.168.1.1/24) expects. */
export function parsePrefix(text: string): Prefix {
  try {
    const [host, length, ...rest] = text.split('/');
    if (host === undefined || length === undefined || rest.length > 0) throw new Error('a length after / is needed');
    if (!/^(0|[1-9]\d{0,2})$/.test(length)) throw new Error(`"${length}" is not a prefix length`);
    const address = parseAddress(host);
    if (isIPv4(address)) {
      const masked = IPv4CidrRange.fromCidr(text).getFirst().getValue();
      return { address: MAPPED.address | masked, length: MAPPED.length + Number(length) };
    }
    return { address: IPv6CidrRange.fromCidr(text).getFirst().getValue(), length: Number(length) };
  } catch (cause) {
    if (cause instanceof PosternError && cause.code === 'E_PREFIX') throw cause;
    throw new PosternError('E_PREFIX', `"${text}" is not a CIDR: ${reasonOf(cause)}`, {
      mend: 'write a CIDR such as 10.0.0.0/8 or fd00::/64',
      cause,
    });
  }
}

export function formatAddress(address: Address): string {
  if (isIPv4(address)) {
    const value = Number(address & 0xffffffffn);
    return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) => Number((address >> BigInt(112 - 16 * index)) & 0xffffn));
  const [start, run] = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (run < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + run).join(':')}`;
}

export function formatPrefix(prefix: Prefix): string {
  const v4 = prefix.length >= MAPPED.length && isIPv4(prefix.address);
  return `${formatAddress(prefix.address)}/${v4 ? prefix.length - MAPPED.length : prefix.length}`;
}

export function maskAddress(address: Address, length: number): Address {
  const host = BigInt(ADDRESS_BITS - length);
  return (address >> host) << host;
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  return maskAddress(address, prefix.length) === prefix.address;
}

/** Sixteen bytes in network order. */
export function addressBytes(address: Address): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, address >> 64n);
  view.setBigUint64(8, BigInt.asUintN(64, address));
  return bytes;
}

export function addressFromBytes(bytes: Uint8Array, offset = 0): Address {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, 16);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}

/** RFC 5952: the leftmost of the longest runs of zero groups. */
function longestZeroRun(groups: readonly number[]): [start: number, length: number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start += 1) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end += 1;
    if (end - start > best[1]) best = [start, end - start];
    if (end > start) start = end;
  }
  return best;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
