/** Finds out how many jiffies this kernel counts in a second: the programs stamp flows with jiffies, whose rate user space is not told. */

import { setTimeout as sleep } from 'node:timers/promises';
import * as native from '../../native/index.js';
import type { KernelMaps } from './kernel-maps.ts';
import { LAYOUT } from './layout.ts';

/** Kernels are built with one of these (CONFIG_HZ). */
const JIFFIES_PER_SECOND = [100, 250, 300, 1000];
const CLOCK_INTERVAL_MS = 100;

/** Two readings give it. 0 where the object has no program to read it. */
export async function measureClock(object: native.LoadedObject, maps: KernelMaps): Promise<number> {
  const program = object.programs['read_clock'];
  if (program === undefined) return 0;
  const view = new DataView(maps.runtime.buffer);
  const read = (): { jiffies: number; nanoseconds: number } => {
    native.testRun(program.fd, { data: new Uint8Array(64) });
    return {
      jiffies: Number(view.getBigUint64(LAYOUT.runtime.clock_jiffies[0], true)),
      nanoseconds: Number(view.getBigUint64(LAYOUT.runtime.clock_nanoseconds[0], true)),
    };
  };
  const before = read();
  await sleep(CLOCK_INTERVAL_MS);
  const after = read();
  const rate = ((after.jiffies - before.jiffies) * 1e9) / (after.nanoseconds - before.nanoseconds);
  return JIFFIES_PER_SECOND.reduce((best, candidate) => (Math.abs(candidate - rate) < Math.abs(best - rate) ? candidate : best));
}
