/** Transport segments for frames: TCP, UDP, SCTP, ICMP and ICMPv6, with right checksums unless told otherwise. */

import { concat, crc32c, internetChecksum, u16, u32, withU16 } from './bytes.ts';
import type { Packet, PseudoHeader, Segment } from './frames.ts';

export type TcpFlag = 'fin' | 'syn' | 'rst' | 'psh' | 'ack' | 'urg' | 'ece' | 'cwr';

const TCP_FLAGS: readonly TcpFlag[] = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'];
const NONE = new Uint8Array();

interface Ports {
  readonly source: number;
  readonly destination: number;
}

export interface TcpOptions extends Ports {
  /** Default: a pure SYN. */
  readonly flags?: readonly TcpFlag[];
  readonly sequence?: number;
  readonly acknowledgement?: number;
  readonly window?: number;
  /** Raw option bytes, filled up with zeros to a multiple of 4. */
  readonly options?: Uint8Array;
  /** A false header length, in words of 4 bytes. */
  readonly headerWords?: number;
  readonly data?: Uint8Array;
  readonly badChecksum?: boolean;
}

export function tcp(options: TcpOptions): Segment {
  const extra = options.options ?? NONE;
  const padded = concat(extra, new Uint8Array((4 - (extra.length % 4)) % 4));
  const flags = (options.flags ?? ['syn']).reduce((bits, flag) => bits | (1 << TCP_FLAGS.indexOf(flag)), 0);
  const bytes = concat(
    [...u16(options.source), ...u16(options.destination), ...u32(options.sequence ?? 1000), ...u32(options.acknowledgement ?? 0)],
    [(options.headerWords ?? 5 + padded.length / 4) << 4, flags, ...u16(options.window ?? 64240), ...u16(0), ...u16(0)],
    padded,
    options.data ?? NONE,
  );
  return checksummed(6, bytes, 16, options.badChecksum);
}

export interface UdpOptions extends Ports {
  readonly data?: Uint8Array;
  /** A false length, in bytes. */
  readonly length?: number;
  readonly badChecksum?: boolean;
}

export function udp(options: UdpOptions): Segment {
  const data = options.data ?? NONE;
  const bytes = concat(u16(options.source), u16(options.destination), u16(options.length ?? 8 + data.length), u16(0), data);
  return checksummed(17, bytes, 6, options.badChecksum);
}

export type SctpChunk = 'data' | 'init' | 'init-ack' | 'sack' | 'abort' | 'shutdown' | 'cookie-echo' | 'cookie-ack';

const SCTP_CHUNKS: Readonly<Record<SctpChunk, number>> = {
  data: 0,
  init: 1,
  'init-ack': 2,
  sack: 3,
  abort: 6,
  shutdown: 7,
  'cookie-echo': 10,
  'cookie-ack': 11,
};

export interface SctpOptions extends Ports {
  /** Default: INIT, which opens an association. */
  readonly chunk?: SctpChunk;
  /** 0 in a packet that carries INIT, as RFC 9260 demands. */
  readonly tag?: number;
  readonly data?: Uint8Array;
}

export function sctp(options: SctpOptions): Segment {
  const chunk = options.chunk ?? 'init';
  // INIT: initiate tag, receiver window, outbound and inbound streams, first sequence number
  const init = concat(u32(0x1234567), u32(65536), u16(1), u16(1), u32(1));
  const data = options.data ?? (chunk === 'init' || chunk === 'init-ack' ? init : NONE);
  const padding = new Uint8Array((4 - (data.length % 4)) % 4);
  const bytes = concat(
    [...u16(options.source), ...u16(options.destination), ...u32(options.tag ?? (chunk === 'init' ? 0 : 0x1234567)), ...u32(0)],
    [SCTP_CHUNKS[chunk], chunk === 'data' ? 3 : 0, ...u16(4 + data.length)],
    data,
    padding,
  );
  // the checksum is the one number in these packets that stands in little-endian order
  new DataView(bytes.buffer).setUint32(8, crc32c(bytes), true);
  return { protocol: 132, bytes: () => bytes };
}

/** ICMP for IPv4: type, code, the second word of the header, and what follows. */
export function icmp(type: number, code = 0, rest = 0, body: Uint8Array = NONE): Segment {
  const bytes = concat([type, code, 0, 0], u32(rest), body);
  return { protocol: 1, bytes: () => withU16(bytes, 2, internetChecksum(bytes)) };
}

export function icmp6(type: number, code = 0, rest = 0, body: Uint8Array = NONE): Segment {
  return checksummed(58, concat([type, code, 0, 0], u32(rest), body), 2);
}

export interface EchoOptions {
  readonly reply?: boolean;
  readonly id?: number;
  readonly sequence?: number;
  readonly data?: Uint8Array;
}

export function echo(options: EchoOptions = {}): Segment {
  return icmp(options.reply ? 0 : 8, 0, ((options.id ?? 7) << 16) | (options.sequence ?? 1), options.data ?? new Uint8Array(8));
}

export function echo6(options: EchoOptions = {}): Segment {
  return icmp6(options.reply ? 129 : 128, 0, ((options.id ?? 7) << 16) | (options.sequence ?? 1), options.data ?? new Uint8Array(8));
}

export type IcmpError = 'unreachable' | 'fragmentation-needed' | 'time-exceeded' | 'parameter-problem' | 'source-quench' | 'redirect';

const ERRORS: Readonly<Record<IcmpError, readonly [type: number, code: number, rest: number]>> = {
  unreachable: [3, 3, 0],
  'fragmentation-needed': [3, 4, 1400],
  'time-exceeded': [11, 0, 0],
  'parameter-problem': [12, 0, 0],
  'source-quench': [4, 0, 0],
  redirect: [5, 1, 0],
};

/** An error about an IPv4 packet; it quotes the header and `quote` bytes more (default 8, the least that is allowed). */
export function icmpError(kind: IcmpError, about: Packet, quote = 8): Segment {
  const header = ((about.bytes[0] ?? 0x45) & 15) * 4;
  return icmp(...ERRORS[kind], about.bytes.slice(0, header + quote));
}

export type Icmp6Error = 'unreachable' | 'packet-too-big' | 'time-exceeded' | 'parameter-problem';

const ERRORS6: Readonly<Record<Icmp6Error, readonly [type: number, code: number, rest: number]>> = {
  unreachable: [1, 4, 0],
  'packet-too-big': [2, 0, 1280],
  'time-exceeded': [3, 0, 0],
  'parameter-problem': [4, 0, 0],
};

/** An error about an IPv6 packet; it quotes at most `quote` bytes of it (default: what fits into 1280 bytes). */
export function icmp6Error(kind: Icmp6Error, about: Packet, quote = 1232): Segment {
  return icmp6(...ERRORS6[kind], about.bytes.slice(0, quote));
}

/** A segment whose checksum at `offset` covers the pseudo header (RFC 9293, RFC 768, RFC 4443). */
function checksummed(protocol: number, bytes: Uint8Array, offset: number, bad = false): Segment {
  const compute = (pseudo: PseudoHeader): number => {
    const sum = internetChecksum(concat(pseudo.source, pseudo.destination, u32(bytes.length), u32(protocol)), bytes);
    // RFC 768: a computed zero is sent as all ones, since zero means "no checksum"
    return protocol === 17 && sum === 0 ? 0xffff : sum;
  };
  return { protocol, bytes: (pseudo) => withU16(bytes, offset, compute(pseudo) ^ (bad ? 0x5555 : 0)) };
}
