/** Numbers (nsid) by which the caller's network namespace knows others: what link messages name namespaces with. */

import { decodeAttributes, encodeMessage, encodeNumber, type NetlinkSocket, NLM_F_REQUEST, request } from './netlink-message.ts';

const RTM_NEWNSID = 88;
const RTM_GETNSID = 90;
const RTGENMSG = 4;
const NETNSA_NSID = 1;
const NETNSA_PID = 2;

/**
 * The caller's number for its own namespace. It has none until the kernel told of an interface elsewhere whose other end is here: telling takes a
 * number. Throws `E_NETLINK`.
 */
export function readOwnNumber(socket: NetlinkSocket): number | undefined {
  const message = encodeMessage(RTM_GETNSID, NLM_F_REQUEST, new Uint8Array(1), [encodeNumber(NETNSA_PID, process.pid)]);
  for (const answer of request(socket, message, 'number of its own namespace')) {
    if (answer.type !== RTM_NEWNSID) continue;
    const number = decodeAttributes(answer.payload, RTGENMSG).get(NETNSA_NSID)?.readInt32LE();
    return number === undefined || number < 0 ? undefined : number;
  }
  return undefined;
}
