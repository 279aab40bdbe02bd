/** Says whether tests may use BPF, network namespaces and the compiler here, and prints why not. */

import { spawnSync } from 'node:child_process';

async function findObstacle(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'root is needed';
  for (const tool of ['clang', 'ip', 'nsenter', 'unshare']) {
    if (spawnSync('which', [tool]).status !== 0) return `${tool} is not installed`;
  }
  try {
    const native = await import('../../../native/index.js');
    native.close(native.mapCreate({ type: 2, keySize: 4, valueSize: 8, maxEntries: 1, name: 'probe' }));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** undefined where everything works. For `describe.skipIf(obstacle !== undefined)`. */
export const obstacle: string | undefined = await findObstacle();

if (obstacle !== undefined) console.warn(`Skipped, because ${obstacle}.`);
