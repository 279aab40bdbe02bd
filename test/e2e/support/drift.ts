/** Breaks what an agent has put into the kernel, behind its back, and asks it what it sees. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as native from '../../../native/index.js';
import type { DriftOutcome } from '../../../src/agent/drift-check.ts';
import { listAttached } from './kernel-objects.ts';
import type { World, WorldPod } from './world.ts';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;
const BREAK_HOOKS = new URL('../scenarios/break-hooks.ts', import.meta.url).pathname;

export type HookBreakage =
  | 'unpin in'
  | 'unpin both'
  | 'detach out'
  | 'detach both'
  | 'replace'
  | 'stand in front'
  | 'stand behind'
  | 'remove filter'
  | 'replace filter'
  | 'filter in front'
  | 'unpin forwarding'
  | 'detach forwarding';

export function breakHooks(world: World, pod: WorldPod, what: HookBreakage): void {
  const { bpfRoot } = world.place;
  const pins = join(bpfRoot, '..', 'foreign');
  if (!existsSync(pins)) {
    mkdirSync(pins);
    execFileSync('mount', ['-t', 'bpf', 'bpf', pins]);
  }
  world.node.run(process.execPath, [BREAK_HOOKS, what, String(world.hostSideOf(pod.netns)), bpfRoot, pins]);
}

/** `postern agent verify`. */
export function verify(world: World, ...options: readonly string[]): { readonly code: number | null; readonly output: string } {
  const args = [MAIN, 'agent', 'verify', '--socket', world.place.socket, ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}

export function verifyAsJson(world: World, ...options: readonly string[]): DriftOutcome {
  return JSON.parse(verify(world, '--json', ...options).output) as DriftOutcome;
}

/** A map of the agent's, by its name; the caller closes it. */
export function openMap(world: World, name: string): native.Fd {
  for (const id of listAttached(world).mapIds) {
    const map = native.mapById(id);
    if (native.mapInfo(map).name === name) return map;
    native.close(map);
  }
  throw new Error(`no map "${name}"`);
}
