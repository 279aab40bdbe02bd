/** Which of the kernel's programs and maps belong to an agent, and whether they are still there. */

import { setTimeout as sleep } from 'node:timers/promises';
import * as native from '../../../native/index.js';
import type { World } from './world.ts';

export interface AttachedProgram {
  readonly programId: number;
  readonly name: string;
  readonly ifindex: number;
  readonly hook: 'in' | 'out';
  /** 0 for one that was attached without a link. */
  readonly linkId: number;
}

export interface AttachedPrograms {
  readonly attached: readonly AttachedProgram[];
  /** Of our own programs. */
  readonly mapIds: readonly number[];
}

export function listAttached(world: World): AttachedPrograms {
  return world.node.runScript(new URL('../scenarios/list-programs.ts', import.meta.url));
}

/** Those of the programs and maps that are there after they had the time to go: the kernel frees them a little later. */
export async function findSurvivors({ attached, mapIds }: AttachedPrograms): Promise<string[]> {
  for (let round = 0; ; round += 1) {
    const programs = attached.filter(({ programId }) => exists(() => native.programById(programId)));
    const maps = mapIds.filter((id) => exists(() => native.mapById(id)));
    if ((programs.length === 0 && maps.length === 0) || round === 40) {
      return [...programs.map(({ name, programId }) => `program ${name} ${programId}`), ...maps.map((id) => `map ${id}`)];
    }
    await sleep(50);
  }
}

function exists(open: () => native.Fd): boolean {
  try {
    native.close(open());
    return true;
  } catch {
    return false;
  }
}
