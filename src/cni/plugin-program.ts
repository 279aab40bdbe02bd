/** The plugin's program: where this package has it, and where container runtimes look for it. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PosternError } from '../model/error.ts';
import { putFile, removeFile } from './config-file.ts';
import { PLUGIN_TYPE } from './plugin-list.ts';

const MODE = 0o755;

/** As the image has it; `sh scripts/build-cni.sh dist/cni/postern-cni` makes it in a clone. */
export function ownProgram(): string {
  return fileURLToPath(new URL(`../../dist/cni/${PLUGIN_TYPE}`, import.meta.url));
}

/** True where it was written. Idempotent. Throws `E_CNI_PROGRAM`, `E_CNI_WRITE`. */
export function installProgram(program: string, binDir: string): boolean {
  let bytes: Buffer;
  try {
    bytes = readFileSync(program);
  } catch (cause) {
    throw new PosternError('E_CNI_PROGRAM', `the plugin is not there: ${String(cause)}`, {
      at: { file: program },
      mend: `sh scripts/build-cni.sh dist/cni/${PLUGIN_TYPE}, or name another with --program`,
      cause,
    });
  }
  const path = join(binDir, PLUGIN_TYPE);
  if (existsSync(path) && (statSync(path).mode & 0o777) === MODE && readFileSync(path).equals(bytes)) return false;
  putFile(path, bytes, MODE);
  return true;
}

export function hasProgram(binDir: string): boolean {
  return existsSync(join(binDir, PLUGIN_TYPE));
}

/** True where there was one. */
export function removeProgram(binDir: string): boolean {
  if (!hasProgram(binDir)) return false;
  removeFile(join(binDir, PLUGIN_TYPE));
  return true;
}
