/** A lab's memory on disk: what was made, or is about to be made, so that any later process can use it or clear it away. */

import { readFile } from 'node:fs/promises';
import { PosternError } from '../../model/error.ts';
import { labPaths } from './lab-paths.ts';
import type { ProcessId } from '../processes/processes.ts';
import type { Cni, Fabric, LabNode, LabPod, Proxy } from '../types.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

export interface NodeState extends LabNode {
  /** Absent in a lab that does not enforce. */
  readonly agent?: AgentState;
  /** Stands for the rules that rewrite Services and host ports in it; absent while it has none. */
  readonly rules?: string;
}

export interface AgentState {
  readonly socket: string;
  readonly bpfRoot: string;
  readonly log: string;
  readonly process?: ProcessId;
}

export interface PodState extends LabPod {
  /** The CNI container id. */
  readonly containerId: string;
  /** A host beside the cluster's nodes: on the fabric, without CNI, unknown to the agents. */
  readonly outside: boolean;
  readonly socket: string;
  readonly log: string;
  readonly process?: ProcessId;
}

export interface LabState {
  readonly version: 1;
  readonly name: string;
  readonly cni: Cni;
  readonly fabric: Fabric;
  readonly proxy: Proxy;
  readonly enforce: boolean;
  readonly fabricNetns: string;
  /** False from before the first namespace is made until everything stands. */
  readonly complete: boolean;
  readonly nodes: readonly NodeState[];
  readonly pods: readonly PodState[];
  /** Counts up with each pod ever made: names sockets, logs and CNI containers. */
  readonly nextPod: number;
}

/** The state in memory and on disk at once: a change is on disk when `update` resolves. */
export class StateFile {
  #state: LabState;
  #saved: Promise<void> = Promise.resolve();

  constructor(state: LabState) {
    this.#state = state;
  }

  get current(): LabState {
    return this.#state;
  }

  /** Record a change; call it before making what it records. */
  async update(change: (state: LabState) => LabState): Promise<void> {
    this.#state = change(this.#state);
    const save = (): Promise<void> => writeFileAtomic(labPaths(this.#state.name).state, `${JSON.stringify(this.#state, undefined, 2)}\n`);
    this.#saved = this.#saved.then(save, save);
    await this.#saved;
  }
}

/** Undefined where there is no such lab, or nothing readable of it. */
export async function loadState(lab: string): Promise<LabState | undefined> {
  try {
    const state = JSON.parse(await readFile(labPaths(lab).state, 'utf8')) as LabState;
    return state.version === 1 ? state : undefined;
  } catch (error) {
    if (error instanceof PosternError) throw error;
    return undefined;
  }
}

/** As `loadState`; `E_LAB_NONE` where there is none, or only half of one. */
export async function requireState(lab: string): Promise<LabState> {
  const state = await loadState(lab);
  if (state === undefined) throw noSuchLab(lab);
  if (state.complete) return state;
  throw new PosternError('E_LAB_NONE', `the lab "${lab}" is only half made`, {
    mend: `clear it away with: postern lab down --name ${lab}`,
  });
}

export function noSuchLab(lab: string): PosternError {
  return new PosternError('E_LAB_NONE', `there is no lab "${lab}"`, { mend: 'make one with: postern lab up FILE…' });
}
