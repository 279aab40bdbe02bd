/** The cluster's programs, built once and kept outside the project. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** Their folder. What is built is told on the way, since it may take a quarter of an hour. */
export async function buildBinaries(): Promise<string> {
  const child = spawn('bash', [fileURLToPath(new URL('../binaries.sh', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [folder, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`binaries.sh failed (${String(code)})`);
  return folder.trim();
}
