/** The addresses that are bound on the interfaces of the caller's namespace, which is the node's, and word of their changes. */

import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import { type Address, parsePrefix, prefixContains } from '../model/ip.ts';
import { decodeInterfaceAddress, dumpAddresses } from './addresses.ts';
import { dumpLinks } from './links.ts';
import { decodeMessages, type NetlinkMessage } from './netlink-message.ts';
import { withRouteSocket } from './route-socket.ts';

const RTNLGRP_IPV4_IFADDR = 5;
const RTNLGRP_IPV6_IFADDR = 9;
/** Every interface has one, and it means something on its own link alone. IPv4's 169.254.0.0/16 is no such thing here: NodeLocal DNS binds one of it. */
const LINK_LOCAL = parsePrefix('fe80::/10');

export interface NodeAddressWatch {
  close(): void;
}

/**
 * Each once, of both families, in no order: on any interface but loopback, tentative and deprecated ones too, link-local IPv6 ones not.
 * Of a point-to-point interface the own end. What kube-proxy binds for IPVS (kube-ipvs0) is there too.
 * Throws `E_NETLINK`.
 */
export function listNodeAddresses(): Address[] {
  return withRouteSocket((socket) => {
    const loopbacks = new Set(dumpLinks(socket).flatMap(({ ifindex, loopback }) => (loopback ? [ifindex] : [])));
    const bound = dumpAddresses(socket).filter(({ ifindex, address }) => !loopbacks.has(ifindex) && !isLinkLocal(address));
    return [...new Set(bound.map(({ address }) => address))];
  });
}

/**
 * Calls back when the list may have changed, also where the kernel's events were lost, until closed; this keeps the event loop alive.
 * What happens before it returns is not told: list afterwards. Throws `E_NETLINK` where the socket cannot be opened.
 */
export function watchNodeAddresses(onChange: () => void): NodeAddressWatch {
  const socket = openEventSocket();
  try {
    return native.netlinkListen(
      socket,
      (datagram) => {
        if (decodeMessages(datagram).some(isChange)) onChange();
      },
      onChange,
    );
  } finally {
    // The listener holds a descriptor of its own.
    native.close(socket);
  }
}

function openEventSocket(): native.Fd {
  try {
    return native.netlinkOpen(0, [RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR]);
  } catch (cause) {
    throw new PosternError('E_NETLINK', "changes of the node's addresses cannot be watched", { cause });
  }
}

/** A pod that comes or goes changes a link-local address, most often nothing else. */
function isChange(message: NetlinkMessage): boolean {
  const bound = decodeInterfaceAddress(message);
  return bound !== undefined && !isLinkLocal(bound.address);
}

function isLinkLocal(address: Address): boolean {
  return prefixContains(LINK_LOCAL, address);
}
