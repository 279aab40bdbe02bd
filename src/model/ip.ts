/** Addresses and prefixes as 128-bit numbers, so that both families share every table and every comparison. */

import { IPv4, IPv6 } from 'ip-num';
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

/** No text form of an address or prefix is longer (`ffff:…:ffff/128`). */
const LONGEST_TEXT = 43;

/** Parse one address in its usual text form; `E_ADDRESS` for anything else, mapped IPv6 and leading zeros too. */
export function parseAddress(text: string): Address {
  const address = readAddress(text);
  if (typeof address === 'bigint') return address;
  throw new PosternError('E_ADDRESS', `${quote(text)} is not an IP address: ${address}`, {
    mend: 'write an address such as 10.0.0.1 or fd00::1',
  });
}

/** Parse a CIDR; host bits are masked, as the NetworkPolicy API's own example (192.168.1.1/24) expects. `E_PREFIX` for anything else. */
export function parsePrefix(text: string): Prefix {
  const prefix = readPrefix(text);
  if (typeof prefix === 'object') return prefix;
  throw new PosternError('E_PREFIX', `${quote(text)} is not a CIDR: ${prefix}`, {
    mend: 'write a CIDR such as 10.0.0.0/8 or fd00::/64',
  });
}

/** The address, or why the text is none. */
function readAddress(text: string): Address | string {
  if (text.length > LONGEST_TEXT) return 'it is too long';
  if (text.includes(':')) {
    if (text.includes('.')) return 'IPv6 with an embedded IPv4 address is ambiguous';
    if (text.includes('%')) return 'a zone has no meaning here';
    const value = valueOf(() => new IPv6(text));
    if (value === undefined) return 'up to eight groups of hexadecimal digits are needed';
    return isIPv4(value) ? 'it is an IPv4-mapped IPv6 address; the IPv4 address is meant' : value;
  }
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(text)) return 'four decimal numbers are needed';
  if (/(^|\.)0\d/.test(text)) return 'leading zeros are ambiguous';
  const value = valueOf(() => new IPv4(text));
  return value === undefined ? 'a number is over 255' : MAPPED.address | value;
}

function readPrefix(text: string): Prefix | string {
  const slash = text.indexOf('/');
  if (slash < 0) return 'a length after / is needed';
  const digits = text.slice(slash + 1);
  if (!/^(0|[1-9]\d{0,2})$/.test(digits)) return `${quote(digits)} is not a prefix length`;
  const address = readAddress(text.slice(0, slash));
  if (typeof address === 'string') return address;
  const length = Number(digits) + (isIPv4(address) ? MAPPED.length : 0);
  if (length > ADDRESS_BITS) return `the length is over ${isIPv4(address) ? 32 : 128}`;
  return { address: maskAddress(address, length), length };
}

/** ip-num throws plain errors whose texts differ from check to check: only whether it accepts the text is used. */
function valueOf(parse: () => IPv4 | IPv6): bigint | undefined {
  try {
    return parse().getValue();
  } catch {
    return undefined;
  }
}

function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);
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

/** Families never mix: an IPv6 prefix (`::/0` too) holds no IPv4 address. */
export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (prefix.length < MAPPED.length && isIPv4(address)) return false;
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
