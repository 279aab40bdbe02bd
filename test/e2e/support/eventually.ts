/** Waiting for what comes by itself, soon. */

import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again; throws after `timeoutMs`. */
export async function waitFor(holds: () => boolean | Promise<boolean>, timeoutMs = 5000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`still not so after ${timeoutMs} ms: ${String(holds)}`);
    await sleep(10);
  }
}
