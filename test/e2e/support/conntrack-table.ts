/** The table of flows of a world's agent, through its pin. */

import { join } from 'node:path';
import * as native from '../../../native/index.js';
import type { World } from './world.ts';

function withTable<Result>(world: World, act: (map: native.Fd) => Result): Result {
  const map = native.openPinned(join(world.place.bpfRoot, 'conntrack'));
  try {
    return act(map);
  } finally {
    native.close(map);
  }
}

export function countFlows(world: World): number {
  return withTable(world, (map) => native.mapDump(map).count);
}

/** As if every row had been evicted. Returns how many there were. */
export function evictFlows(world: World): number {
  return withTable(world, (map) => {
    const { keys, count } = native.mapDump(map);
    return count === 0 ? 0 : native.mapDeleteBatch(map, keys, count);
  });
}
