/** Files of other owners, replaced whole or not at all: a reader sees the old content or the new one, with the mode and the owner that it had. */

import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { PosternError } from '../model/error.ts';

export interface ConfigFile {
  /** Behind symbolic links. */
  readonly path: string;
  readonly text: string;
  /** When it was read; `undefined`: there was none. */
  readonly seen: Stats | undefined;
  /** Whose mode and owner it gets. */
  readonly like: Stats | undefined;
}

/** `template`: what a file that is not there (yet) is like; without one it must be there. Throws `E_CNI_READ`. */
export function readConfig(named: string, template?: ConfigFile): ConfigFile {
  if (template !== undefined && !existsSync(named)) return { path: named, text: '', seen: undefined, like: template.seen };
  try {
    const path = realpathSync(named);
    const seen = statSync(path);
    const bytes = readFileSync(path);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { path, text, seen, like: seen };
  } catch (cause) {
    throw new PosternError('E_CNI_READ', `cannot be read as text: ${String(cause)}`, {
      at: { file: named },
      mend: 'it must be UTF-8, readable for root, and lie in the folder itself if it is a symbolic link',
      cause,
    });
  }
}

/** Throws `E_CNI_WRITE`, also where somebody else has written it since it was read. */
export function replaceFile({ path, seen, like }: ConfigFile, text: string): void {
  putFile(path, Buffer.from(text), like?.mode ?? 0o644, like, () => {
    const now = existsSync(path) ? statSync(path) : undefined;
    if (now?.ino !== seen?.ino || now?.mtimeMs !== seen?.mtimeMs || now?.size !== seen?.size)
      throw new Error('somebody else is writing it, too');
  });
}

/** By a draft beside it that no runtime reads. `check` throws where it must not be done after all. */
export function putFile(
  path: string,
  bytes: Uint8Array,
  mode: number,
  owner?: { readonly uid: number; readonly gid: number },
  check: () => void = () => undefined,
): void {
  const draft = join(dirname(path), `.${basename(path)}.postern-draft`);
  try {
    rmSync(draft, { force: true });
    const file = openSync(draft, 'wx', 0o600);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      fchmodSync(file, mode & 0o7777);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (owner !== undefined && (owner.uid !== process.geteuid?.() || owner.gid !== process.getegid?.())) {
      chownSync(draft, owner.uid, owner.gid);
      chmodSync(draft, mode & 0o7777);
    }
    check();
    renameSync(draft, path);
  } catch (cause) {
    rmSync(draft, { force: true });
    throw new PosternError('E_CNI_WRITE', `cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
      at: { file: path },
      mend: 'the folder must be writable for root; what was there is untouched',
      cause,
    });
  }
}

/** Throws `E_CNI_WRITE`. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (cause) {
    throw new PosternError('E_CNI_WRITE', `cannot be removed: ${String(cause)}`, { at: { file: path }, cause });
  }
}
