/** Addresses of the interfaces of a network namespace, as the kernel lists them. */

import { PosternError } from '../model/error.ts';
import { type Address, addressFromBytes, MAPPED } from '../model/ip.ts';
import {
  decodeAttributes,
  encodeMessage,
  encodeNumber,
  type NetlinkMessage,
  type NetlinkSocket,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  request,
} from './netlink-message.ts';

export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
const RTM_GETADDR = 22;

const IFADDRMSG = 8;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_TARGET_NETNSID = 10;
const AF_INET = 2;
const AF_INET6 = 10;

export type AddressScope = 'global' | 'site' | 'link' | 'host' | 'other';

export interface InterfaceAddress {
  readonly ifindex: number;
  readonly address: Address;
  /** As configured: of 32 bits for IPv4, of 128 for IPv6. */
  readonly prefixLength: number;
  readonly scope: AddressScope;
}

/** All addresses of the caller's namespace, tentative ones too. Throws `E_NETLINK`. */
export function dumpAddresses(socket: NetlinkSocket): InterfaceAddress[] {
  const message = encodeMessage(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, new Uint8Array(IFADDRMSG));
  return request(socket, message, 'addresses').flatMap((answer) => decodeInterfaceAddress(answer) ?? []);
}

/**
 * All addresses of the namespace with that number here, asked without entering it. It takes NET_ADMIN over the user namespace that it belongs to.
 * Throws `E_NETLINK`: with cause EINVAL for no such namespace, EACCES for one that is not ours to ask, ETIMEDOUT, or EINTR where it does not stop changing.
 */
export function dumpAddressesIn(socket: NetlinkSocket, netnsid: number, timeoutMs: number): InterfaceAddress[] {
  const target = encodeNumber(IFA_TARGET_NETNSID, netnsid);
  const message = encodeMessage(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, new Uint8Array(IFADDRMSG), [target]);
  const answers = request(socket, message, 'addresses of another namespace', timeoutMs);
  // A kernel that does not know the question tells its asker's own addresses.
  if (answers.some(({ payload }) => decodeAttributes(payload, IFADDRMSG).get(IFA_TARGET_NETNSID)?.readInt32LE() !== netnsid)) {
    throw new PosternError('E_NETLINK', 'the kernel does not tell the addresses of other network namespaces', {
      mend: 'use Linux 5.0 or later',
    });
  }
  return answers.flatMap((answer) => decodeInterfaceAddress(answer) ?? []);
}

/** Undefined for other messages and other address families. */
export function decodeInterfaceAddress(message: NetlinkMessage): InterfaceAddress | undefined {
  const { type, payload } = message;
  if ((type !== RTM_NEWADDR && type !== RTM_DELADDR) || payload.length < IFADDRMSG) return undefined;
  const attributes = decodeAttributes(payload, IFADDRMSG);
  // On a point-to-point interface IFA_ADDRESS is the other end's, and IFA_LOCAL is ours.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  const address = bytes === undefined ? undefined : decodeAddress(payload.readUInt8(0), bytes);
  if (address === undefined) return undefined;
  return { ifindex: payload.readUInt32LE(4), address, prefixLength: payload.readUInt8(1), scope: decodeScope(payload.readUInt8(3)) };
}

/** From an address's bytes in network order. Undefined for other families. */
export function decodeAddress(family: number, bytes: Buffer): Address | undefined {
  if (family === AF_INET && bytes.length === 4) return MAPPED.address | BigInt(bytes.readUInt32BE());
  if (family === AF_INET6 && bytes.length === 16) return addressFromBytes(bytes);
  return undefined;
}

function decodeScope(scope: number): AddressScope {
  switch (scope) {
    case 0:
      return 'global';
    case 200:
      return 'site';
    case 253:
      return 'link';
    case 254:
      return 'host';
    default:
      return 'other';
  }
}
