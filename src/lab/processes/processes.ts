/** Processes by pid and start time (a pid alone may be reused), and those that live in given network namespaces. */

import { readFileSync, readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since boot, from /proc/PID/stat. */
  readonly startTime: string;
}

/** Undefined where no such process runs; a zombie does not run. */
export function identifyProcess(pid: number): ProcessId | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name stands in parentheses and may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTime] = [fields[0], fields[19]];
    return state === undefined || startTime === undefined || 'ZX'.includes(state) ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

export function isRunning(id: ProcessId): boolean {
  return identifyProcess(id.pid)?.startTime === id.startTime;
}

/** Processes of which any thread is in one of the network namespaces (by inode number). */
export function processesInNamespaces(inodes: ReadonlySet<number>): ProcessId[] {
  const found: ProcessId[] = [];
  if (inodes.size === 0) return found;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry) || !threadsOf(entry).some((path) => inodes.has(inodeOf(path)))) continue;
    const id = identifyProcess(Number(entry));
    if (id !== undefined) found.push(id);
  }
  return found;
}

/** Kill them and return when they are gone. Those that are not running any more are passed over. */
export async function killProcesses(ids: readonly ProcessId[]): Promise<void> {
  let left = ids.filter(isRunning);
  for (let round = 0; left.length > 0 && round < 500; round += 1) {
    if (round % 100 === 0) for (const id of left) signal(id);
    await sleep(5);
    left = left.filter(isRunning);
  }
}

function signal(id: ProcessId): void {
  try {
    process.kill(id.pid, 'SIGKILL');
  } catch {
    // Gone in between.
  }
}

function threadsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}/ns/net`);
  } catch {
    return [];
  }
}

function inodeOf(path: string): number {
  try {
    return statSync(path).ino;
  } catch {
    return -1;
  }
}
