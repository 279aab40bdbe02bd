/** Routing sockets (NETLINK_ROUTE) in the caller's namespace. */

import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import type { NetlinkSocket } from './netlink-message.ts';

/** Call back with a routing socket, which is closed afterwards. Throws `E_NETLINK` where none can be had. */
export function withRouteSocket<Result>(use: (socket: NetlinkSocket) => Result): Result {
  const socket = openRouteSocket();
  try {
    return use(socket);
  } finally {
    native.close(socket);
  }
}

function openRouteSocket(): NetlinkSocket {
  try {
    return native.netlinkOpen(0, []);
  } catch (cause) {
    throw new PosternError('E_NETLINK', 'the kernel cannot be asked for interfaces and addresses', { cause });
  }
}
