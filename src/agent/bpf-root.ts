/** The folder in which an agent's pins lie: one agent's alone, and on a bpf file system that outlives it wherever that can be had. */

import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PosternError } from '../model/error.ts';
import { isBpfFileSystem, mountBpfFileSystem, tryLock, unmount } from './libc.ts';
import { findLastingNamespace, type MountNamespace } from './mount-namespace.ts';

export interface BpfRoot {
  /** The folder as this process reaches it. */
  readonly path: string;
  /** On a bpf file system that outlives the agent. Else the folder takes no pins, only notes. */
  readonly lasting: boolean;
  /** Let another agent have it. What is pinned stays. */
  readonly release: () => void;
}

/** Source of the file systems that we mount: the mark by which we know what we may unmount. */
const MOUNT_SOURCE = 'postern';
const LOCK_ATTEMPTS = 20;
const LOCK_PAUSE_MS = 50;
const CONNTRACK_PINS = ['conntrack', 'conntrack_header'];

/** What is taken where the folder of pins is on no bpf file system that outlives the agent: beside its socket. */
export function spareFolder(socket: string): string {
  return join(dirname(socket), 'interfaces');
}

/**
 * Make the folder ours: created, on a bpf file system (mounted here when it is not on one), locked. In a container whose host has no bpf file system
 * there, whatever is mounted goes with the container: `spare` is taken instead, which need not be on one.
 */
export function holdBpfRoot(wanted: string, spare: string): BpfRoot {
  const folder = resolve(wanted);
  if (isFirstProcess() && !isOnBpfFileSystem(folder)) {
    makeFolder(spare);
    const lock = lockFolder(spare, spare);
    return { path: spare, lasting: false, release: () => closeSync(lock) };
  }
  makeFolder(folder);
  const locks = [lockFolder(folder, folder)];
  const release = (): void => locks.forEach((fd) => closeSync(fd));
  try {
    const path = mountWhereItLasts(folder);
    // What has just been mounted hides the folder that is locked: the next agent meets this lock.
    if (!isLocked(path, locks)) locks.push(lockFolder(path, folder));
    return { path, lasting: true, release };
  } catch (error) {
    release();
    throw error;
  }
}

/**
 * Take away every program, pin and map of this root, and the file system where we mounted it; and what an agent without one has put on interfaces, as
 * `spare` tells. Returns the interfaces that carried programs.
 */
export function clearBpfRoot(wanted: string, spare: string | undefined, detachAll: (bpfRoot: string) => number[]): number[] {
  const folder = resolve(wanted);
  const without = spare !== undefined && existsSync(spare) ? clearFolder(spare, spare, undefined, detachAll) : [];
  // Nobody can have pinned anything there.
  if (isFirstProcess() && !isOnBpfFileSystem(folder)) return without;
  makeFolder(folder);
  const lasting = isBpfFileSystem(folder) ? undefined : findLastingNamespace();
  const path = `${lasting?.root ?? ''}${folder}`;
  makeFolder(path);
  return [...new Set([...without, ...clearFolder(path, folder, lasting, detachAll)])];
}

function clearFolder(
  path: string,
  folder: string,
  lasting: MountNamespace | undefined,
  detachAll: (bpfRoot: string) => number[],
): number[] {
  const lock = lockFolder(path, folder);
  try {
    const interfaces = detachAll(path);
    for (const pin of CONNTRACK_PINS) removePin(`${path}/${pin}`);
    // What stood in the way of our pins is somebody else's.
    removeIfEmpty(`${path}/aside`);
    closeSync(lock);
    if (isOurMount(folder, lasting)) {
      if (lasting === undefined) unmount(folder);
      else lasting.run(['umount', '--lazy', folder]);
    }
    for (const emptied of new Set([path, folder])) removeIfEmpty(emptied);
    return interfaces;
  } catch (error) {
    closeSync(lock);
    throw error;
  }
}

/** Then process 1 of a container: its mount namespace ends with it. */
function isFirstProcess(): boolean {
  return process.pid === 1;
}

/** Whether the nearest folder above that exists is on one. */
function isOnBpfFileSystem(folder: string): boolean {
  return existsSync(folder) || dirname(folder) === folder ? isBpfFileSystem(folder) : isOnBpfFileSystem(dirname(folder));
}

/** On a bpf file system: the one that is there, or one that is mounted here, in a mount namespace that outlives the agent. */
function mountWhereItLasts(folder: string): string {
  if (isBpfFileSystem(folder)) return folder;
  const lasting = findLastingNamespace();
  if (lasting === undefined) {
    mountBpfFileSystem(MOUNT_SOURCE, folder);
    return folder;
  }
  const path = `${lasting.root}${folder}`;
  try {
    makeFolder(path);
    if (!isBpfFileSystem(path)) lasting.run(['mount', '-t', 'bpf', MOUNT_SOURCE, folder]);
    return path;
  } catch (cause) {
    throw new PosternError(
      'E_BPF_ROOT',
      `${folder} is in a mount namespace that ends with this process, and so would everything pinned there`,
      {
        mend: `mount a bpf file system at ${folder} beforehand, or start the agent with nsenter --net=… instead of ip netns exec`,
        cause,
      },
    );
  }
}

function makeFolder(path: string): void {
  try {
    makeFolders(resolve(path));
  } catch (cause) {
    throw new PosternError('E_BPF_ROOT', `${path} cannot be made: ${(cause as Error).message}`, {
      mend: 'give a --bpf-root that is a folder, or can become one',
      cause,
    });
  }
}

/** mkdir with `recursive` never ends where a file system that takes no folders, as sysfs, says ENOENT of one whose parent is there. */
function makeFolders(path: string): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** flock(2) on the folder itself: a bpf file system holds no files. An agent that was just killed lets go a moment later. */
function lockFolder(path: string, name: string): number {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt += 1) {
    if (tryLock(fd)) return fd;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_PAUSE_MS);
  }
  closeSync(fd);
  throw new PosternError('E_AGENT_RUNNING', `another agent holds ${name}`, {
    mend: 'stop it first, or give this one a --bpf-root of its own',
  });
}

function isLocked(path: string, locks: readonly number[]): boolean {
  const own = statSync(path);
  return locks.some((fd) => {
    const { dev, ino } = fstatSync(fd);
    return dev === own.dev && ino === own.ino;
  });
}

/** proc(5): fields 5, 9 and 10 of /proc/pid/mountinfo, with the optional ones between. The last mount at a place is the one that is seen. */
function isOurMount(folder: string, lasting: MountNamespace | undefined): boolean {
  const mounts = lasting?.mounts() ?? readFileSync('/proc/self/mountinfo', 'utf8');
  const there = mounts.split('\n').filter((line) => line.split(' ')[4] === folder);
  return there.at(-1)?.includes(` - bpf ${MOUNT_SOURCE} `) ?? false;
}

/** A folder of that name is no pin, and so not ours. */
function removePin(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) rmSync(path, { force: true });
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Others keep something there, or it is a file system of theirs.
  }
}
