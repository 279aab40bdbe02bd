/** The kernel's connection tracking in the caller's namespace, as ctnetlink lists it. */

import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import type { Address } from '../model/ip.ts';
import { decodeAddress } from './addresses.ts';
import {
  type Attributes,
  decodeAttributes,
  encodeMessage,
  type NetlinkMessage,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  request,
} from './netlink-message.ts';

const NETLINK_NETFILTER = 12;
/** NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_… */
const CT_NEW = 0x100;
const CT_GET = 0x101;
const NFGENMSG = 4;

const CTA_TUPLE_ORIG = 1;
const CTA_TUPLE_REPLY = 2;
const CTA_STATUS = 3;
const CTA_ZONE = 18;
const CTA_TUPLE_IP = 1;
const CTA_TUPLE_PROTO = 2;
const CTA_IP_V4_SRC = 1;
const CTA_IP_V4_DST = 2;
const CTA_IP_V6_SRC = 3;
const CTA_IP_V6_DST = 4;
const CTA_PROTO_NUM = 1;
const CTA_PROTO_SRC_PORT = 2;
const CTA_PROTO_DST_PORT = 3;
const CTA_PROTO_ICMP_ID = 4;
const CTA_PROTO_ICMP_TYPE = 5;
const CTA_PROTO_ICMPV6_ID = 7;
const CTA_PROTO_ICMPV6_TYPE = 8;

const AF_INET = 2;
const AF_INET6 = 10;

/** Bits of a row's status (IPS_*). */
export const CONNTRACK_SEEN_REPLY = 2;
export const CONNTRACK_ASSURED = 4;
export const CONNTRACK_CONFIRMED = 8;
export const CONNTRACK_SRC_NAT = 16;
export const CONNTRACK_DST_NAT = 32;

export interface ConntrackTuple {
  readonly source: Address;
  readonly destination: Address;
  /** TCP, UDP, SCTP and their like; 0 elsewhere. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** ICMP and ICMPv6 alone. */
  readonly icmp?: { readonly id: number; readonly type: number };
}

export interface ConntrackRow {
  /** IANA protocol number. */
  readonly protocol: number;
  readonly original: ConntrackTuple;
  /** Without address translation the original one turned round. */
  readonly reply: ConntrackTuple;
  /** CONNTRACK_* bits. */
  readonly status: number;
  readonly zone: number;
}

/**
 * All rows. Blocks: about 5 ms for each thousand rows, and a walk through the tables of all namespaces (10 ms here).
 * Rows that come and go meanwhile may be missed.
 * Throws `E_CONNTRACK` where the kernel has no ctnetlink, and `E_NETLINK`.
 */
export function listConntrack(): ConntrackRow[] {
  const socket = openSocket();
  try {
    const message = encodeMessage(CT_GET, NLM_F_REQUEST | NLM_F_DUMP, new Uint8Array(NFGENMSG));
    return request(socket, message, 'tracked connections').flatMap((answer) => decodeRow(answer) ?? []);
  } finally {
    native.close(socket);
  }
}

function openSocket(): native.Fd {
  try {
    return native.netlinkOpen(NETLINK_NETFILTER, []);
  } catch (cause) {
    throw new PosternError('E_CONNTRACK', 'the kernel does not list tracked connections', {
      mend: 'load the kernel module nf_conntrack_netlink',
      cause,
    });
  }
}

function decodeRow({ type, payload }: NetlinkMessage): ConntrackRow | undefined {
  if (type !== CT_NEW || payload.length < NFGENMSG) return undefined;
  const family = payload.readUInt8(0);
  const attributes = decodeAttributes(payload, NFGENMSG);
  const original = decodeTuple(family, attributes.get(CTA_TUPLE_ORIG));
  const reply = decodeTuple(family, attributes.get(CTA_TUPLE_REPLY));
  if (original === undefined || reply === undefined) return undefined;
  return {
    protocol: original.protocol,
    original: original.tuple,
    reply: reply.tuple,
    status: attributes.get(CTA_STATUS)?.readUInt32BE() ?? 0,
    zone: attributes.get(CTA_ZONE)?.readUInt16BE() ?? 0,
  };
}

/** Undefined for families other than IPv4 and IPv6. */
function decodeTuple(family: number, nested: Buffer | undefined): { protocol: number; tuple: ConntrackTuple } | undefined {
  if (nested === undefined || (family !== AF_INET && family !== AF_INET6)) return undefined;
  const parts = decodeAttributes(nested);
  const addresses = decodeNested(parts, CTA_TUPLE_IP);
  const transport = decodeNested(parts, CTA_TUPLE_PROTO);
  const source = addresses.get(family === AF_INET ? CTA_IP_V4_SRC : CTA_IP_V6_SRC);
  const destination = addresses.get(family === AF_INET ? CTA_IP_V4_DST : CTA_IP_V6_DST);
  const from = source === undefined ? undefined : decodeAddress(family, source);
  const to = destination === undefined ? undefined : decodeAddress(family, destination);
  if (from === undefined || to === undefined) return undefined;
  const id = transport.get(CTA_PROTO_ICMP_ID) ?? transport.get(CTA_PROTO_ICMPV6_ID);
  const icmpType = transport.get(CTA_PROTO_ICMP_TYPE) ?? transport.get(CTA_PROTO_ICMPV6_TYPE);
  const tuple = {
    source: from,
    destination: to,
    sourcePort: transport.get(CTA_PROTO_SRC_PORT)?.readUInt16BE() ?? 0,
    destinationPort: transport.get(CTA_PROTO_DST_PORT)?.readUInt16BE() ?? 0,
    ...(id === undefined ? {} : { icmp: { id: id.readUInt16BE(), type: icmpType?.readUInt8() ?? 0 } }),
  };
  return { protocol: transport.get(CTA_PROTO_NUM)?.readUInt8() ?? 0, tuple };
}

function decodeNested(attributes: Attributes, type: number): Attributes {
  const nested = attributes.get(type);
  return nested === undefined ? new Map() : decodeAttributes(nested);
}
