/** Where a lab keeps what it must remember, and how its network namespaces are called. */

import { join } from 'node:path';
import { PosternError } from '../../model/error.ts';

export const LABS_DIR = '/run/postern/lab';
export const NETNS_DIR = '/run/netns';
/** There while it was a lab for which iproute2 mounted /run/netns. */
export const NETNS_MARK = '/run/postern/netns-mounted';
export const DEFAULT_LAB = 'lab';

export interface LabPaths {
  readonly dir: string;
  readonly state: string;
  readonly lock: string;
  /** The folder that the agents watch. */
  readonly manifests: string;
  /** Pods that stand outside the cluster: the agents don't see them. */
  readonly outside: string;
  /** Control sockets and logs of the pod processes. Short names: a socket's path may have 107 bytes. */
  readonly pods: string;
  /** host-local's leases and the results of CNI ADD. */
  readonly cni: string;
  readonly agents: string;
  /** Below it every agent mounts its bpf file system. */
  readonly bpf: string;
}

export function labPaths(lab: string): LabPaths {
  const dir = join(LABS_DIR, checkLabName(lab));
  return {
    dir,
    state: join(dir, 'state.json'),
    lock: join(dir, 'lock'),
    manifests: join(dir, 'manifests'),
    outside: join(dir, 'outside'),
    pods: join(dir, 'pods'),
    cni: join(dir, 'cni'),
    agents: join(dir, 'agents'),
    bpf: join(dir, 'bpf'),
  };
}

/** No dash in a lab's name: so no lab's namespace prefix is the beginning of another's. */
export function checkLabName(name: string): string {
  if (/^[a-z][a-z0-9]{0,14}$/.test(name)) return name;
  throw new PosternError('E_LAB_NAME', `"${name}" is not a name for a lab`, {
    mend: 'use at most 15 lower-case letters and digits, beginning with a letter',
  });
}

export function namespacePrefix(lab: string): string {
  return `postern-${checkLabName(lab)}-`;
}

/** A file name may have 255 bytes. */
const LONGEST_NAME = 200;

/**
 * `postern-<lab>-<rest>`; a number is appended where that is taken (namespace `a-b` with pod `c` reads like `a` with `b-c`).
 * `taken` gets the name.
 */
export function claimNamespaceName(lab: string, rest: string, taken: Set<string>): string {
  const wanted = `${namespacePrefix(lab)}${rest}`.slice(0, LONGEST_NAME);
  let name = wanted;
  for (let count = 2; taken.has(name); count += 1) name = `${wanted}~${count}`;
  taken.add(name);
  return name;
}
