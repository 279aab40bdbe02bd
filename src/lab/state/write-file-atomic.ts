/** Write a file so that a reader sees the old content or the new one, never a part. */

import { rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export async function writeFileAtomic(path: string, content: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}.draft`);
  await writeFile(draft, content);
  await rename(draft, path);
}
