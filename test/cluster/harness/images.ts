/** Images made of one static program, without a registry. */

import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeImageArchive } from '../../../scripts/image-archive.ts';
import { runChecked } from '../../../src/lab/processes/run-command.ts';
import { PAUSE_IMAGE } from './node.ts';

/** Archives of the sandbox image and the suite's test image, made once beside the program. */
export async function makeTestImages(bin: string): Promise<string[]> {
  const agnhost = join(bin, 'agnhost.tar');
  const pause = join(bin, 'pause.tar');
  if (!existsSync(agnhost)) await makeImage(bin, agnhost, await agnhostName(bin), ['/agnhost']);
  if (!existsSync(pause)) await makeImage(bin, pause, PAUSE_IMAGE, ['/agnhost', 'pause']);
  return [agnhost, pause];
}

/** What the suite calls its test image, its registry's name and version included. It names former versions, too. */
export async function agnhostName(bin: string): Promise<string> {
  const names = (await runChecked([join(bin, 'e2e.test'), '--list-images'])).split('\n').filter((line) => line.includes('/agnhost:'));
  const name = names.toSorted((a, b) => versionOf(a).localeCompare(versionOf(b), 'en', { numeric: true })).at(-1);
  if (name === undefined) throw new Error('the suite names no agnhost image');
  return name.trim();
}

function versionOf(image: string): string {
  return image.slice(image.lastIndexOf(':') + 1);
}

async function makeImage(bin: string, archive: string, name: string, entrypoint: readonly string[]): Promise<void> {
  const root = `${archive}.root`;
  mkdirSync(join(root, 'tmp'), { recursive: true });
  try {
    copyFileSync(join(bin, 'agnhost'), join(root, 'agnhost'));
    await writeImageArchive({ root, archive, name, entrypoint, env: { PATH: '/' } });
  } finally {
    rmSync(root, { recursive: true });
  }
}
