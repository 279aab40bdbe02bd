/** Gets the text of a manifest file, and says in plain words why it cannot be got. */

import { PosternError } from '../model/error.ts';
import type { ManifestFile } from './manifests.ts';

/** `E_MANIFEST_SYNTAX` for bytes that are not UTF-8. */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new PosternError('E_MANIFEST_SYNTAX', 'the file is not UTF-8 text; if a NetworkPolicy stands in it, it is not read', {
      at: { file },
      mend: 'save it as UTF-8',
      cause,
    });
  }
}

/** `E_MANIFEST_READ`, for an error of the file system. */
export function readError(file: string, cause: unknown): PosternError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new PosternError(
    'E_MANIFEST_READ',
    `${REASONS[code] ?? `it cannot be read (${code})`}; if a NetworkPolicy stands there, it is not read`,
    {
      at: { file },
      mend: 'check the path and its permissions',
      cause,
    },
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'nothing is there, or a link to nothing',
  EACCES: 'permission is denied',
  ENOTDIR: 'it is not a folder',
  ELOOP: 'its links go round in a circle',
};

/** A file of which only the fault is known. */
export function unreadableFile(file: string, error: PosternError): ManifestFile {
  return { file, objects: [], problems: [error], skipped: [], policiesComplete: false };
}
