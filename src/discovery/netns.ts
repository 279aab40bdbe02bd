/** Network namespaces: opened by path, told apart by inode, found in a directory or through processes. */

import { closeSync, openSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import { isErrno, type NetlinkSocket } from './netlink-message.ts';

export const NETNS_DIRECTORY = '/run/netns';

/** An open network namespace. While it is open the namespace lives, and its inode names no other. */
export class Netns {
  readonly path: string;
  readonly inode: number;
  readonly fd: number;
  #open = true;

  constructor(path: string) {
    this.path = path;
    try {
      this.fd = openSync(path, 'r');
    } catch (cause) {
      throw new PosternError('E_NETNS', `network namespace ${path} cannot be opened`, { cause });
    }
    this.inode = native.netnsInode(this.fd);
  }

  /** The caller's own. */
  static own(): Netns {
    return new Netns('/proc/thread-self/ns/net');
  }

  close(): void {
    if (this.#open) closeSync(this.fd);
    this.#open = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export interface NetnsSearch {
  /** Its entries are bind mounts of namespaces. Default `/run/netns`; one that does not exist is empty. */
  readonly directory?: string;
  /** Look through `ns/net` of every process in /proc too; this needs SYS_PTRACE and the host's PID namespace. Default false. */
  readonly processes?: boolean;
}

/** Paths of all namespaces but the caller's own, each namespace once. What vanishes meanwhile is left out. */
export function findNetnsPaths(search: NetnsSearch = {}): string[] {
  const directory = search.directory ?? NETNS_DIRECTORY;
  const paths = new Map<number, string>();
  for (const name of listDirectory(directory)) {
    const path = join(directory, name);
    const inode = inodeOf(path);
    if (inode !== undefined && !paths.has(inode)) paths.set(inode, path);
  }
  if (search.processes === true) {
    for (const pid of listDirectory('/proc')) {
      if (!/^\d+$/.test(pid)) continue;
      const path = `/proc/${pid}/ns/net`;
      const inode = linkedInode(path);
      if (inode !== undefined && !paths.has(inode)) paths.set(inode, path);
    }
  }
  paths.delete(native.netnsInode(null));
  return [...paths.values()];
}

/**
 * Call back with a routing socket in a namespace (null: the caller's), which is closed afterwards.
 * Throws `E_NETNS` where the namespace cannot be entered, or is no network namespace.
 */
export function withRouteSocket<Result>(netns: Netns | null, use: (socket: NetlinkSocket) => Result): Result {
  const socket = openRouteSocket(netns);
  try {
    return use(socket);
  } finally {
    native.close(socket);
  }
}

function openRouteSocket(netns: Netns | null): NetlinkSocket {
  try {
    return native.netlinkOpen(netns?.fd ?? null, 0, []);
  } catch (cause) {
    throw new PosternError('E_NETNS', `network namespace ${netns?.path ?? 'of the agent'} cannot be entered`, {
      mend: 'run with the capabilities SYS_ADMIN and NET_ADMIN',
      cause,
    });
  }
}

function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw new PosternError('E_NETNS', `${path} cannot be listed`, { cause: error });
  }
}

/** A plain file, such as `ip netns` leaves for the moment before it mounts, has an inode too: entering it fails later. */
function inodeOf(path: string): number | undefined {
  try {
    return statSync(path).ino;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES')) return undefined;
    throw new PosternError('E_NETNS', `${path} cannot be read`, { cause: error });
  }
}

/** The link's text, `net:[4026531840]`, tells the inode without opening the namespace. */
function linkedInode(path: string): number | undefined {
  try {
    const digits = /^net:\[(\d+)\]$/.exec(readlinkSync(path))?.[1];
    return digits === undefined ? undefined : Number(digits);
  } catch {
    // The process has ended, or is not ours to look into.
    return undefined;
  }
}
