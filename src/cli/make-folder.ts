/** Makes the folder of a file that is to be written. */

import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/** With those around it. Node's own `recursive` never ends where a folder is there that holds none and takes none, such as /proc. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else may have been faster.
    if (!existsSync(path)) throw error;
  }
}
