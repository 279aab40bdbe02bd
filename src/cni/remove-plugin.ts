/** Takes the plugin away: first out of the configuration, so that nothing asks for it, then its program. */

import { formatError, PosternError } from '../model/error.ts';
import { removeEntries } from './config-folder.ts';
import { removeProgram } from './plugin-program.ts';

export interface RemoveOptions {
  readonly confDir: string;
  readonly binDir: string;
  /** A runtime that goes by the configuration of a pod's start (CRI-O) needs it until the pods of that time are gone. */
  readonly keepProgram?: boolean;
}

/** Says what was done. Idempotent. Throws `E_CNI_FOLDER`, `E_CNI_WRITE`, and `E_CNI_LEFT` where the configuration may still have the entry. */
export function removePlugin({ confDir, binDir, keepProgram = false }: RemoveOptions): string {
  const { changed, problems } = removeEntries(confDir);
  if (problems.length > 0) {
    throw new PosternError('E_CNI_LEFT', `the plugin may still be in the configuration: ${problems.map(formatError).join('; ')}`, {
      mend: 'mend that, and run it again; its program stays until then',
    });
  }
  const gone = !keepProgram && removeProgram(binDir);
  const files = changed.length === 0 ? 'no CNI configuration had the plugin' : `the plugin is out of ${changed.join(', ')}`;
  return `${files}; ${gone ? 'its program is gone' : keepProgram ? 'its program stays' : 'there was no program of it'}`;
}
