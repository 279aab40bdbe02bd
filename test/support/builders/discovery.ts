/** Messages by which hosts find each other and join groups: IPv6 neighbour discovery, MLD and IGMP. */

import { concat, internetChecksum, macBytes, u16, u32, wireAddress, withU16 } from './bytes.ts';
import type { AddressLike } from './bytes.ts';
import { hopByHop, ROUTER_ALERT_V6 } from './extension-headers.ts';
import { HOST_MAC, POD_MAC } from './frames.ts';
import type { Segment } from './frames.ts';
import { icmp6 } from './segments.ts';

/** RFC 4861: receivers ignore what has passed a router, so all of these are sent with hop limit 255. */
const UNROUTED = 255;
const ALL_NODES = 'ff02::1';

function linkLayer(kind: 'source' | 'target', mac: string): Uint8Array {
  return concat([kind === 'source' ? 1 : 2, 1], macBytes(mac));
}

export function routerSolicitation(mac = POD_MAC): Segment {
  return { ...icmp6(133, 0, 0, linkLayer('source', mac)), hopLimit: UNROUTED };
}

/** Announces its sender as default router for `lifetime` seconds. */
export function routerAdvertisement(lifetime = 1800, mac = HOST_MAC): Segment {
  const rest = ((64 << 24) | lifetime) >>> 0;
  return { ...icmp6(134, 0, rest, concat(u32(0), u32(0), linkLayer('source', mac))), hopLimit: UNROUTED };
}

export function neighbourSolicitation(target: AddressLike, mac = POD_MAC): Segment {
  return { ...icmp6(135, 0, 0, concat(wireAddress(target), linkLayer('source', mac))), hopLimit: UNROUTED };
}

/** Solicited and overriding. */
export function neighbourAdvertisement(target: AddressLike, mac = POD_MAC): Segment {
  return { ...icmp6(136, 0, 0x60000000, concat(wireAddress(target), linkLayer('target', mac))), hopLimit: UNROUTED };
}

/** "Send what goes to `destination` to `target` instead." */
export function redirect(target: AddressLike, destination: AddressLike): Segment {
  return { ...icmp6(137, 0, 0, concat(wireAddress(target), wireAddress(destination))), hopLimit: UNROUTED };
}

/** The multicast group that listens to solicitations for an address (RFC 4291, 2.7.1). */
export function solicitedNode(address: AddressLike): string {
  const bytes = wireAddress(address);
  const tail = (index: number): string => (bytes[index] ?? 0).toString(16).padStart(2, '0');
  return `ff02::1:ff${tail(13)}:${tail(14)}${tail(15)}`;
}

/** MLD version 2 report (RFC 9777) of one group joined, behind the router alert that it must carry. */
export function mldReport(group: AddressLike = ALL_NODES): Segment {
  const record = concat([4, 0], u16(0), wireAddress(group));
  return hopByHop({ ...icmp6(143, 0, 1, record), hopLimit: 1 }, ROUTER_ALERT_V6);
}

/** MLD version 1: query 130, report 131, done 132. */
export function mld1(type: 130 | 131 | 132, group: AddressLike = ALL_NODES): Segment {
  return hopByHop({ ...icmp6(type, 0, 0, wireAddress(group)), hopLimit: 1 }, ROUTER_ALERT_V6);
}

/** IGMP version 2: query 0x11, report 0x16, leave 0x17. */
export function igmp(type: 0x11 | 0x16 | 0x17, group: AddressLike = '224.0.0.251'): Segment {
  const bytes = concat([type, 0, 0, 0], wireAddress(group));
  return { protocol: 2, hopLimit: 1, bytes: () => withU16(bytes, 2, internetChecksum(bytes)) };
}
