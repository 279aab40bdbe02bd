/** IPv6 extension headers as layers: `ipv6({…}, hopByHop(fragmentHeader({…}, tcp({…}))))`. */

import { concat, u16, u32 } from './bytes.ts';
import type { Segment } from './frames.ts';

/** RFC 2711, as MLD carries it, with the PadN that fills the header up. */
export const ROUTER_ALERT_V6 = Uint8Array.of(5, 2, 0, 0, 1, 0);

const NO_NEXT_HEADER = 59;

/** Options are filled up with Pad1 to a multiple of 8 bytes. */
function optionsHeader(protocol: number, next: Segment, options: Uint8Array): Segment {
  const padding = new Uint8Array((8 - ((options.length + 2) % 8)) % 8);
  const words = (2 + options.length + padding.length) / 8 - 1;
  return { ...next, protocol, bytes: (pseudo) => concat([next.protocol, words], options, padding, next.bytes(pseudo)) };
}

export function hopByHop(next: Segment, options: Uint8Array = Uint8Array.of(1, 4, 0, 0, 0, 0)): Segment {
  return optionsHeader(0, next, options);
}

export function destinationOptions(next: Segment, options: Uint8Array = Uint8Array.of(1, 4, 0, 0, 0, 0)): Segment {
  return optionsHeader(60, next, options);
}

/** `segmentsLeft` 0 by default: the destination in the IPv6 header is the last one. */
export function routingHeader(next: Segment, options: { readonly type?: number; readonly segmentsLeft?: number } = {}): Segment {
  const body = Uint8Array.of(options.type ?? 4, options.segmentsLeft ?? 0, 0, 0, 0, 0);
  return { ...optionsHeader(43, next, body) };
}

export interface FragmentOptions {
  readonly id?: number;
  /** In units of 8 bytes. */
  readonly offset?: number;
  readonly more?: boolean;
}

export function fragmentHeader(options: FragmentOptions, next: Segment): Segment {
  const header = concat([next.protocol, 0], u16(((options.offset ?? 0) << 3) | (options.more ? 1 : 0)), u32(options.id ?? 1));
  return { ...next, protocol: 44, bytes: (pseudo) => concat(header, next.bytes(pseudo)) };
}

/** RFC 4302: its length counts words of 4 bytes, minus 2, unlike the others'. */
export function authenticationHeader(next: Segment, spi = 0x1234): Segment {
  const check = new Uint8Array(12);
  return { ...next, protocol: 51, bytes: (pseudo) => concat([next.protocol, 4, 0, 0], u32(spi), u32(1), check, next.bytes(pseudo)) };
}

/** The same header many times: for the limit on how far a parser walks. */
export function repeat(count: number, layer: (next: Segment) => Segment, innermost: Segment): Segment {
  let segment = innermost;
  for (let index = 0; index < count; index += 1) segment = layer(segment);
  return segment;
}

export function noNextHeader(): Segment {
  return { protocol: NO_NEXT_HEADER, bytes: () => new Uint8Array() };
}
