/** Frees a name of ours that somebody else's object has, without taking the object away from them. */

import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PosternError } from '../model/error.ts';

/** Folder under the root for what was in the way. */
const ASIDE = 'aside';

/** Nothing there is no error. Throws `E_BPF_ROOT`. */
export function putAside(bpfRoot: string, path: string): void {
  if (!isThere(path)) return;
  const folder = join(bpfRoot, ASIDE);
  const name = basename(path);
  try {
    mkdirSync(folder, { recursive: true });
    // A bpf file system takes no dots in names.
    let to = join(folder, name);
    for (let number = 2; existsSync(to); number += 1) to = join(folder, `${name}-${number}`);
    renameSync(path, to);
  } catch (cause) {
    const message = `${path} is in the way, and cannot be moved to ${folder}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new PosternError('E_BPF_ROOT', message, { mend: 'move it away, or give another --bpf-root', cause });
  }
}

/** What lies there, from earlier starts too. */
export function listAside(bpfRoot: string): string[] {
  const folder = join(bpfRoot, ASIDE);
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Makes a folder, whatever else had its name. */
export function makeOwnFolder(bpfRoot: string, path: string): void {
  if (isThere(path) && !lstatSync(path).isDirectory()) putAside(bpfRoot, path);
  mkdirSync(path, { recursive: true });
}

/** An own pin goes; what is no pin of ours is put aside. */
export function freeName(bpfRoot: string, path: string, isOwn: boolean): void {
  if (isOwn) rmSync(path, { force: true });
  else putAside(bpfRoot, path);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
