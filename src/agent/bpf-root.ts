/** The folder in which an agent's pins lie: on a bpf file system that outlives the agent, and one agent's alone. */

import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PosternError } from '../model/error.ts';
import { isBpfFileSystem, mountBpfFileSystem, tryLock, unmount } from './libc.ts';
import { findLastingNamespace } from './mount-namespace.ts';

export interface BpfRoot {
  /** The folder as this process reaches it. */
  readonly path: string;
  /** Let another agent have it. What is pinned stays. */
  readonly release: () => void;
}

/** Where pins and the socket of a node's agent lie unless it is told otherwise. */
export function defaultFolder(node: string): string {
  return `/run/postern/${node}`;
}

/** Make the folder ours: created, on a bpf file system (mounted here when it is not on one), locked. */
export function holdBpfRoot(wanted: string): BpfRoot {
  const folder = resolve(wanted);
  mkdirSync(folder, { recursive: true });
  const release = lockBeside(folder);
  try {
    return { path: mountWhereItLasts(folder), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Take away every program, pin and map of this root, and the file system if it was mounted for it. Returns the interfaces that carried programs. */
export function clearBpfRoot(wanted: string, detachAll: (bpfRoot: string) => number[]): number[] {
  const folder = resolve(wanted);
  mkdirSync(dirname(folder), { recursive: true });
  const release = lockBeside(folder);
  try {
    const lasting = isOnBpf(folder) ? undefined : findLastingNamespace();
    const path = `${lasting?.root ?? ''}${folder}`;
    const interfaces = detachAll(path);
    for (const pin of ['conntrack', 'conntrack_header']) rmSync(`${path}/${pin}`, { force: true });
    if (isOnBpf(path) && !isOnBpf(dirname(path))) {
      if (lasting === undefined) unmount(path);
      else lasting.run(['umount', '--lazy', folder]);
    }
    rmSync(path, { recursive: true, force: true });
    return interfaces;
  } finally {
    release();
    rmSync(lockPath(folder), { force: true });
  }
}

/** On a bpf file system: the one that is there, or one that is mounted here, in a mount namespace that outlives the agent. */
function mountWhereItLasts(folder: string): string {
  if (isBpfFileSystem(folder)) return folder;
  const lasting = findLastingNamespace();
  if (lasting === undefined) {
    mountBpfFileSystem(folder);
    return folder;
  }
  const path = `${lasting.root}${folder}`;
  try {
    mkdirSync(path, { recursive: true });
    if (!isBpfFileSystem(path)) lasting.run(['mount', '-t', 'bpf', 'bpf', folder]);
    return path;
  } catch (cause) {
    throw new PosternError('E_BPF_ROOT', `${folder} is in a mount namespace that ends with this process, and so would everything pinned there`, {
      mend: `mount a bpf file system at ${folder} beforehand, or start the agent with nsenter --net=… instead of ip netns exec`,
      cause,
    });
  }
}

function isOnBpf(path: string): boolean {
  try {
    return isBpfFileSystem(path);
  } catch {
    return false;
  }
}

/** A file beside the folder: the folder itself may be mounted over. */
function lockPath(folder: string): string {
  return `${folder}.lock`;
}

function lockBeside(folder: string): () => void {
  const fd = openSync(lockPath(folder), 'a');
  if (tryLock(fd)) return () => closeSync(fd);
  closeSync(fd);
  throw new PosternError('E_AGENT_RUNNING', `another agent holds ${folder}`, { mend: 'stop it first, or give this one a --bpf-root of its own' });
}
