/** Cold libc calls that carry no decision and need no code of ours, through FFI: mount and statfs of the bpf file system, flock, prctl, malloc_trim. */

import { createRequire } from 'node:module';
import { getSystemErrorName } from 'node:util';
import { PosternError } from '../model/error.ts';

interface Libc {
  mount(source: string, target: string, type: string, flags: number, data: null): number;
  umount2(target: string, flags: number): number;
  statfs(path: string, buffer: Buffer): number;
  flock(fd: number, operation: number): number;
  prctl(option: number, a: number, b: number, c: number, d: number): number;
}

interface Glibc {
  malloc_trim(pad: number): number;
}

interface Ffi {
  Library<Functions>(
    name: null,
    functions: Readonly<Record<keyof Functions, readonly [result: string, args: readonly string[]]>>,
  ): Functions;
  errno(): number;
}

const ffi = loadFfi();
const libc = ffi.Library<Libc>(null, {
  mount: ['int', ['string', 'string', 'string', 'ulong', 'pointer']],
  umount2: ['int', ['string', 'int']],
  statfs: ['int', ['string', 'pointer']],
  flock: ['int', ['int', 'int']],
  prctl: ['int', ['int', 'ulong', 'ulong', 'ulong', 'ulong']],
});

const glibc = openGlibc();

/** linux/magic.h */
const BPF_FS_MAGIC = 0xcafe4a11n;
/** sys/file.h */
const LOCK_EX = 2;
const LOCK_NB = 4;
/** linux/prctl.h */
const PR_SET_NO_NEW_PRIVS = 38;
/** sys/mount.h */
const MNT_DETACH = 2;

export function isBpfFileSystem(path: string): boolean {
  // struct statfs begins with f_type, a long on every 64-bit machine.
  const buffer = Buffer.alloc(256);
  check(libc.statfs(path, buffer), `statfs of ${path}`);
  return buffer.readBigUInt64LE(0) === BPF_FS_MAGIC;
}

/** `source` is what /proc/mounts shows of whose it is. */
export function mountBpfFileSystem(source: string, path: string): void {
  check(libc.mount(source, path, 'bpf', 0, null), `mounting a bpf file system at ${path}`);
}

export function unmount(path: string): void {
  check(libc.umount2(path, MNT_DETACH), `unmounting ${path}`);
}

/** False where another process holds it. Held until the descriptor is closed, by the process's end at the latest. */
export function tryLock(fd: number): boolean {
  if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  if (getSystemErrorName(-ffi.errno()) === 'EAGAIN') return false;
  return check(-1, 'flock') === 0;
}

/** No program that this process might ever start gains privileges by its file (prctl(2)). */
export function forbidNewPrivileges(): void {
  check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'prctl PR_SET_NO_NEW_PRIVS');
}

/** What malloc holds free goes back to the kernel, also from between pieces in use (malloc_trim(3)). Other libraries than glibc do so of their own accord. */
export function trimHeap(): void {
  glibc?.malloc_trim(0);
}

/** It is compiled where it is installed, so a package that is installed for audits alone does not ask for it. */
function loadFfi(): Ffi {
  try {
    return createRequire(import.meta.url)('@2060.io/ffi-napi') as Ffi;
  } catch (cause) {
    throw new PosternError('E_FFI', '@2060.io/ffi-napi, by which the agent calls libc, cannot be loaded', {
      mend: 'install it beside postern: npm install @2060.io/ffi-napi',
      cause,
    });
  }
}

function openGlibc(): Glibc | undefined {
  try {
    return ffi.Library<Glibc>(null, { malloc_trim: ['int', ['size_t']] });
  } catch {
    return undefined;
  }
}

function check(result: number, operation: string): number {
  if (result >= 0) return result;
  const code = getSystemErrorName(-ffi.errno());
  const mend = code === 'EPERM' ? 'run as root, or with the capability SYS_ADMIN' : undefined;
  throw new PosternError('E_SYSTEM', `${operation}: ${code}`, mend === undefined ? {} : { mend });
}
