/** Byte arrays for hand-made frames: numbers, addresses and the two checksums that the Internet uses. */

import { addressBytes, isIPv4, parseAddress } from '../../../src/model/ip.ts';
import type { Address } from '../../../src/model/ip.ts';

/** Text such as `10.0.0.1` or `fd00::1`, or the model's number. */
export type AddressLike = string | Address;

export function toAddress(value: AddressLike): Address {
  return typeof value === 'string' ? parseAddress(value) : value;
}

/** The address as it stands in a packet: four bytes or sixteen. */
export function wireAddress(value: AddressLike): Uint8Array {
  const address = toAddress(value);
  const bytes = addressBytes(address);
  return isIPv4(address) ? bytes.subarray(12) : bytes;
}

export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Two bytes in network order; higher bits are cut off. */
export function u16(value: number): readonly number[] {
  return [(value >>> 8) & 255, value & 255];
}

/** Four bytes in network order. */
export function u32(value: number): readonly number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

export function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (part) => Number.parseInt(part, 16));
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** RFC 1071: the one's complement sum of 16-bit words, complemented. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  const bytes = concat(...parts);
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) {
    sum += ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** CRC32c (Castagnoli), as SCTP wants it (RFC 9260 appendix A); bit by bit, since test packets are short. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

/** Put a 16-bit number into a copy of the bytes. */
export function withU16(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(u16(value), offset);
  return copy;
}
