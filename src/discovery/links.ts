/** Network interfaces as the kernel lists them: those of the caller's namespace, and single ones of others. */

import {
  decodeAttributes,
  decodeText,
  encodeMessage,
  encodeNumber,
  type NetlinkMessage,
  type NetlinkSocket,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  request,
} from './netlink-message.ts';

export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
const RTM_GETLINK = 18;

const IFINFOMSG = 16;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINK = 5;
const IFLA_MASTER = 10;
const IFLA_LINKINFO = 18;
const IFLA_EXT_MASK = 29;
const IFLA_LINK_NETNSID = 37;
const IFLA_TARGET_NETNSID = 46;
const IFLA_INFO_KIND = 1;
/** RTEXT_FILTER_SKIP_STATS: the counters are most of a link's message. */
const WITHOUT_COUNTERS = encodeNumber(IFLA_EXT_MASK, 8);

export interface Link {
  readonly ifindex: number;
  readonly name: string;
  /** `veth`, `bridge`, `macvlan` …; undefined for hardware and loopback. */
  readonly kind: string | undefined;
  readonly loopback: boolean;
  /** IFLA_LINK: the interface that this one stands on or, for a veth, its peer; in the namespace that `peerNetnsid` names. */
  readonly peer: number | undefined;
  /** IFLA_LINK_NETNSID: the asker's number of the namespace that `peer` lies in, which is the asker's own one's too; undefined: the link's own. */
  readonly peerNetnsid: number | undefined;
  readonly master: number | undefined;
  readonly mtu: number;
  readonly up: boolean;
  /** Lower case, with colons; empty for interfaces without one. */
  readonly mac: string;
}

/** All interfaces of the caller's namespace. The namespaces that they lead to have numbers afterwards. Throws `E_NETLINK`. */
export function dumpLinks(socket: NetlinkSocket): Link[] {
  const message = encodeMessage(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, new Uint8Array(IFINFOMSG), [WITHOUT_COUNTERS]);
  return request(socket, message, 'interfaces').flatMap((answer) => decodeLink(answer) ?? []);
}

/** One interface of the namespace with that number here. Throws `E_NETLINK`: with cause ENODEV for no such interface, EINVAL for no such namespace. */
export function readLink(socket: NetlinkSocket, ifindex: number, netnsid: number): Link | undefined {
  const body = Buffer.alloc(IFINFOMSG);
  body.writeInt32LE(ifindex, 4);
  const message = encodeMessage(RTM_GETLINK, NLM_F_REQUEST, body, [WITHOUT_COUNTERS, encodeNumber(IFLA_TARGET_NETNSID, netnsid)]);
  return request(socket, message, 'interface').flatMap((answer) => decodeLink(answer) ?? [])[0];
}

/** Undefined for other messages, and for a bridge's words about its ports: those come as links of the family AF_BRIDGE, and their DELLINK deletes nothing. */
export function decodeLink(message: NetlinkMessage): Link | undefined {
  const { type, payload } = message;
  if ((type !== RTM_NEWLINK && type !== RTM_DELLINK) || payload.length < IFINFOMSG || payload.readUInt8(0) !== 0) return undefined;
  const flags = payload.readUInt32LE(8);
  const attributes = decodeAttributes(payload, IFINFOMSG);
  const information = attributes.get(IFLA_LINKINFO);
  const kind = information === undefined ? undefined : decodeAttributes(information).get(IFLA_INFO_KIND);
  return {
    ifindex: payload.readInt32LE(4),
    name: decodeText(attributes.get(IFLA_IFNAME) ?? Buffer.alloc(0)),
    kind: kind === undefined ? undefined : decodeText(kind),
    loopback: (flags & IFF_LOOPBACK) !== 0,
    peer: attributes.get(IFLA_LINK)?.readUInt32LE(),
    peerNetnsid: attributes.get(IFLA_LINK_NETNSID)?.readInt32LE(),
    master: attributes.get(IFLA_MASTER)?.readUInt32LE(),
    mtu: attributes.get(IFLA_MTU)?.readUInt32LE() ?? 0,
    up: (flags & IFF_UP) !== 0,
    mac: (attributes.get(IFLA_ADDRESS)?.toString('hex') ?? '').replace(/(..)(?=.)/g, '$1:'),
  };
}
