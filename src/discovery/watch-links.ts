/** Tells when interfaces or addresses change, here and in the namespaces that interfaces lead to. */

import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import { decodeInterfaceAddress, type InterfaceAddress, RTM_DELADDR } from './addresses.ts';
import { decodeLink, type Link, RTM_DELLINK } from './links.ts';
import { decodeMessages, isErrno, type NetlinkMessage } from './netlink-message.ts';

const RTNLGRP_LINK = 1;
const RTNLGRP_IPV4_IFADDR = 5;
const RTNLGRP_IPV6_IFADDR = 9;
/** A pod may flood its own namespace with changes: this is how often they are passed on at most. */
const NAMESPACE_INTERVAL_MS = 50;

export type LinkChange =
  | { readonly change: 'link' | 'link-gone'; readonly link: Link }
  | { readonly change: 'address' | 'address-gone'; readonly address: InterfaceAddress }
  /** Addresses changed in some namespace that an interface here leads to. */
  | { readonly change: 'namespace' }
  /** Events were lost: list again. */
  | { readonly change: 'overrun' };

export interface LinkWatch {
  /** Whether changes inside other namespaces are told too; this takes the capability NET_BROADCAST. */
  readonly seesNamespaces: boolean;
  close(): void;
}

/**
 * Watch the caller's namespace until closed; this keeps the event loop alive. What happens before it returns is not
 * told: list afterwards. Throws `E_NETLINK` where the sockets cannot be opened.
 */
export function watchLinks(onChange: (change: LinkChange) => void): LinkWatch {
  const own = watchOwnNamespace(onChange);
  // On a socket of its own, so that what pods do cannot crowd out the events of the node.
  const others = watchOtherNamespaces(() => onChange({ change: 'namespace' }));
  return {
    seesNamespaces: others !== undefined,
    close() {
      own.close();
      others?.close();
    },
  };
}

function watchOwnNamespace(onChange: (change: LinkChange) => void): native.Listener {
  const socket = openSocket([RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR], false);
  return listen(
    socket,
    (datagram) => {
      for (const message of decodeMessages(datagram)) {
        const change = decodeChange(message);
        if (change !== undefined) onChange(change);
      }
    },
    () => onChange({ change: 'overrun' }),
  );
}

/** Undefined without the capability. */
function watchOtherNamespaces(onChange: () => void): native.Listener | undefined {
  const socket = openOtherSocket();
  if (socket === undefined) return undefined;
  let timer: NodeJS.Timeout | undefined;
  let again = false;
  const tell = (): void => {
    if (timer !== undefined) {
      again = true;
      return;
    }
    timer = setTimeout(() => {
      timer = undefined;
      if (again) tell();
      again = false;
    }, NAMESPACE_INTERVAL_MS);
    onChange();
  };
  const listener = listen(
    socket,
    (_datagram, netnsid) => {
      if (netnsid !== undefined) tell();
    },
    tell,
  );
  return {
    close() {
      clearTimeout(timer);
      listener.close();
    },
  };
}

function openOtherSocket(): native.Fd | undefined {
  try {
    return openSocket([RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR], true);
  } catch (error) {
    if (error instanceof PosternError && isErrno(error.cause, 'EPERM')) return undefined;
    throw error;
  }
}

function openSocket(groups: readonly number[], everyNamespace: boolean): native.Fd {
  try {
    return native.netlinkOpen(0, groups, everyNamespace);
  } catch (cause) {
    throw new PosternError('E_NETLINK', 'changes of network interfaces cannot be watched', { cause });
  }
}

/** The listener holds a descriptor of its own. */
function listen(
  socket: native.Fd,
  onMessage: (datagram: Buffer, netnsid: number | undefined) => void,
  onOverrun: () => void,
): native.Listener {
  try {
    return native.netlinkListen(socket, onMessage, onOverrun);
  } finally {
    native.close(socket);
  }
}

function decodeChange(message: NetlinkMessage): LinkChange | undefined {
  const link = decodeLink(message);
  if (link !== undefined) return { change: message.type === RTM_DELLINK ? 'link-gone' : 'link', link };
  const address = decodeInterfaceAddress(message);
  if (address !== undefined) return { change: message.type === RTM_DELADDR ? 'address-gone' : 'address', address };
  return undefined;
}
