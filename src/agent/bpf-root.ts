/** The folder in which an agent's pins lie: on a bpf file system, and one agent's alone. */

import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { PosternError } from '../model/error.ts';
import { isBpfFileSystem, mountBpfFileSystem, tryLock, unmount } from './libc.ts';

/** Where pins and the socket of a node's agent lie unless it is told otherwise. */
export function defaultFolder(node: string): string {
  return `/run/postern/${node}`;
}

/** Make the folder ours: created, on a bpf file system (mounted here when it is not on one), locked. Returns what lets go of the lock. */
export function holdBpfRoot(path: string): () => void {
  mkdirSync(path, { recursive: true });
  const release = lockBeside(path);
  try {
    if (!isBpfFileSystem(path)) mountBpfFileSystem(path);
  } catch (error) {
    release();
    throw error;
  }
  return release;
}

/** Take away every program, pin and map of this root, and the file system if it was mounted for it. Returns the interfaces that carried programs. */
export function clearBpfRoot(path: string, detachAll: (bpfRoot: string) => number[]): number[] {
  mkdirSync(dirname(path), { recursive: true });
  const release = lockBeside(path);
  try {
    const interfaces = detachAll(path);
    for (const pin of ['conntrack', 'conntrack_header']) rmSync(`${path}/${pin}`, { force: true });
    if (isMountPoint(path)) unmount(path);
    rmSync(path, { recursive: true, force: true });
    return interfaces;
  } finally {
    release();
    rmSync(lockPath(path), { force: true });
  }
}

/** A file beside the folder: the folder itself may be mounted over. */
function lockPath(path: string): string {
  return `${path.replace(/\/+$/, '')}.lock`;
}

function lockBeside(path: string): () => void {
  const fd = openSync(lockPath(path), 'a');
  if (tryLock(fd)) return () => closeSync(fd);
  closeSync(fd);
  throw new PosternError('E_AGENT_RUNNING', `another agent holds ${path}`, { mend: 'stop it first, or give this one a --bpf-root of its own' });
}

function isMountPoint(path: string): boolean {
  try {
    return isBpfFileSystem(path) && !isBpfFileSystem(dirname(path));
  } catch {
    return false;
  }
}
