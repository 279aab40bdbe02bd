/** Netlink messages as bytes: requests encoded, answers taken apart into their attributes. */

import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';

/** The file descriptor of a netlink socket. */
export type NetlinkSocket = number;

export const NLM_F_REQUEST = 0x1;
export const NLM_F_DUMP = 0x300;

const HEADER = 16;
const ATTRIBUTE_HEADER = 4;
/** NLA_F_NESTED and NLA_F_NET_BYTEORDER are flags in the type. */
const TYPE_MASK = 0x3fff;
/** A dump that changed while it was read is asked for again this often. */
const ATTEMPTS = 10;

/** One message: its type, and its payload behind the nlmsghdr. */
export interface NetlinkMessage {
  readonly type: number;
  readonly payload: Buffer;
}

/** Attribute type → payload. Of a type that stands twice the last one counts. */
export type Attributes = ReadonlyMap<number, Buffer>;

/** `body` is the fixed structure that the message type begins with; it is filled up to a multiple of four. */
export function encodeMessage(type: number, flags: number, body: Uint8Array, attributes: readonly Uint8Array[] = []): Buffer {
  const header = Buffer.alloc(HEADER);
  const message = Buffer.concat([header, pad(body), ...attributes]);
  message.writeUInt32LE(message.length, 0);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  return message;
}

/** A signed or unsigned number of 32 bits. */
export function encodeNumber(type: number, value: number): Uint8Array {
  const payload = Buffer.alloc(4);
  payload.writeInt32LE(value | 0);
  return encodeAttribute(type, payload);
}

export function encodeAttribute(type: number, payload: Uint8Array): Uint8Array {
  const header = Buffer.alloc(ATTRIBUTE_HEADER);
  header.writeUInt16LE(ATTRIBUTE_HEADER + payload.length, 0);
  header.writeUInt16LE(type, 2);
  return pad(Buffer.concat([header, payload]));
}

/** A datagram may hold several messages. Throws `E_NETLINK` where a length is wrong. */
export function decodeMessages(datagram: Buffer): NetlinkMessage[] {
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER <= datagram.length;) {
    const length = datagram.readUInt32LE(at);
    if (length < HEADER || at + length > datagram.length) throw malformed('message', length);
    messages.push({ type: datagram.readUInt16LE(at + 4), payload: datagram.subarray(at + HEADER, at + length) });
    at += align(length);
  }
  return messages;
}

/** The attributes from `offset` to the end. Throws `E_NETLINK` where a length is wrong. */
export function decodeAttributes(payload: Buffer, offset = 0): Attributes {
  const attributes = new Map<number, Buffer>();
  for (let at = offset; at + ATTRIBUTE_HEADER <= payload.length;) {
    const length = payload.readUInt16LE(at);
    if (length < ATTRIBUTE_HEADER || at + length > payload.length) throw malformed('attribute', length);
    attributes.set(payload.readUInt16LE(at + 2) & TYPE_MASK, payload.subarray(at + ATTRIBUTE_HEADER, at + length));
    at += align(length);
  }
  return attributes;
}

export function decodeText(payload: Buffer): string {
  const end = payload.indexOf(0);
  return payload.toString('utf8', 0, end < 0 ? payload.length : end);
}

/** Send one request and take its answer apart, waiting 5 s at most unless told otherwise. Throws `E_NETLINK` with the addon's error as cause. */
export function request(socket: NetlinkSocket, message: Buffer, what: string, timeoutMs?: number): NetlinkMessage[] {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return native.netlinkRequest(socket, message, timeoutMs).flatMap(decodeMessages);
    } catch (cause) {
      if (attempt < ATTEMPTS && isErrno(cause, 'EINTR')) continue;
      throw new PosternError(
        'E_NETLINK',
        `the kernel did not tell the ${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          mend: 'check that the agent has the capability NET_ADMIN',
          cause,
        },
      );
    }
  }
}

/** Whether an error of the addon, or of node:fs, is one of these errnos. */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

function align(length: number): number {
  return (length + 3) & ~3;
}

function pad(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const padded = new Uint8Array(align(bytes.length));
  padded.set(bytes);
  return padded;
}

function malformed(what: string, length: number): PosternError {
  return new PosternError('E_NETLINK', `a netlink ${what} has the impossible length ${length}`);
}
