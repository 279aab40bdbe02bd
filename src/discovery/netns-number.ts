/** Numbers (nsid) by which one namespace knows another: what link messages name namespaces with. */

import { decodeAttributes, encodeAttribute, encodeMessage, type NetlinkSocket, NLM_F_REQUEST, request } from './netlink-message.ts';
import type { Netns } from './netns.ts';

const RTM_NEWNSID = 88;
const RTM_GETNSID = 90;
const RTGENMSG = 4;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;

/** The number of `netns` in the namespace of the socket; undefined where it has none there. Throws `E_NETLINK`. */
export function readNetnsNumber(socket: NetlinkSocket, netns: Netns): number | undefined {
  const fd = Buffer.alloc(4);
  fd.writeUInt32LE(netns.fd);
  const message = encodeMessage(RTM_GETNSID, NLM_F_REQUEST, new Uint8Array(1), [encodeAttribute(NETNSA_FD, fd)]);
  for (const answer of request(socket, message, 'number of a namespace')) {
    if (answer.type !== RTM_NEWNSID) continue;
    const number = decodeAttributes(answer.payload, RTGENMSG).get(NETNSA_NSID)?.readInt32LE();
    return number === undefined || number < 0 ? undefined : number;
  }
  return undefined;
}
