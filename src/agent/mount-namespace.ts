/** Finds a mount namespace that outlives this process: what is mounted in one that ends with it is gone when it ends. */

import { execFileSync } from 'node:child_process';
import { constants, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface MountNamespace {
  /** Prefix under which this process reaches the files of that namespace. */
  readonly root: string;
  /** Run a command in it. */
  readonly run: (command: readonly string[]) => void;
  /** Its mounts, as in proc(5), /proc/pid/mountinfo. */
  readonly mounts: () => string;
}

/**
 * `undefined` where our own namespace is that of process 1. `ip netns exec` and systemd's PrivateMounts give a process a namespace of its own, which ends
 * with it. Where process 1 may not be looked at (it holds capabilities that we lack, or is in another container), the oldest ancestor stands for it, and
 * without any the namespace that most processes share.
 */
export function findLastingNamespace(): MountNamespace | undefined {
  const own = namespaceOf('self');
  const witness = ['1', ...ancestors(), ...othersByNamespace()].find((pid) => namespaceOf(pid) !== undefined);
  if (witness === undefined || namespaceOf(witness) === own) return undefined;
  // Held open, since the witness may end before we do.
  const root = openSync(`/proc/${witness}/root`, constants.O_RDONLY | constants.O_DIRECTORY);
  const namespace = openSync(`/proc/${witness}/ns/mnt`, constants.O_RDONLY);
  return {
    root: `/proc/self/fd/${root}`,
    run: (command) => {
      execFileSync('nsenter', [`--mount=/proc/${process.pid}/fd/${namespace}`, ...command], { stdio: 'pipe' });
    },
    mounts: () => readFileSync(`/proc/${witness}/mountinfo`, 'utf8'),
  };
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

/** Oldest first, process 1 left out. */
function ancestors(): string[] {
  const found: string[] = [];
  for (let pid = parentOf('self'); pid !== undefined && pid > 1; pid = parentOf(String(pid))) found.unshift(String(pid));
  return found;
}

/** proc(5), /proc/pid/stat: the parent stands second behind the name, which may hold anything but ends with the last parenthesis. */
function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** One process of each namespace, those of the largest first. */
function othersByNamespace(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const groups = Map.groupBy(pids, namespaceOf);
  groups.delete(undefined);
  return [...groups.values()].sort((a, b) => b.length - a.length).flatMap(([first]) => first ?? []);
}
