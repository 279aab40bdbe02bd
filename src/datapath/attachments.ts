/** Puts the two programs on interfaces: by pinned tcx links where the kernel has them, else by cls_bpf filters of our own priority and handle. */

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';

export type AttachMode = 'tcx' | 'tc';

/** Our own place among cls_bpf filters: early, and not the (1, 1) that others use. */
export const TC_PRIORITY = 20;
export const TC_HANDLE = 0x9057;

/** The pod's egress is TC ingress of its host-side interface. */
export const HOOKS = [
  { hook: 'in', program: 'from_pod' },
  { hook: 'out', program: 'to_pod' },
] as const satisfies readonly { hook: native.Hook; program: string }[];

export class Attachments {
  readonly #programs: native.LoadedObject['programs'];
  readonly #links: string;
  readonly #mode: AttachMode;

  /** `bpfRoot` must lie on a bpf file system. `mode` is found out where it is not given. */
  constructor(programs: native.LoadedObject['programs'], bpfRoot: string, mode: AttachMode | undefined) {
    this.#programs = programs;
    this.#links = join(bpfRoot, 'links');
    mkdirSync(this.#links, { recursive: true });
    this.#mode = mode ?? (hasTcx() ? 'tcx' : 'tc');
  }

  get mode(): AttachMode {
    return this.#mode;
  }

  attach(ifindex: number): void {
    for (const { hook, program } of HOOKS) {
      try {
        if (this.#mode === 'tcx') this.#attachTcx(ifindex, hook, this.#program(program));
        else this.#attachTc(ifindex, hook, this.#program(program));
      } catch (cause) {
        const message = `${program} cannot be attached to interface ${ifindex}: ${cause instanceof Error ? cause.message : String(cause)}`;
        throw new PosternError('E_ATTACH', message, { cause });
      }
    }
    // What an earlier agent attached the other way would go on judging by its own maps.
    if (this.#mode === 'tcx') removeFilters(this.#links, ifindex);
    else removeLinks(this.#links, ifindex);
  }

  detach(ifindex: number): void {
    removeLinks(this.#links, ifindex);
    removeFilters(this.#links, ifindex);
  }

  /** By what is pinned: tcx links by name, cls_bpf filters by an empty folder beside them. */
  attached(): Set<number> {
    return attachedUnder(this.#links);
  }

  #attachTcx(ifindex: number, hook: native.Hook, program: native.Fd): void {
    const path = pinPath(this.#links, ifindex, hook);
    if (replaceProgram(path, program)) return;
    const link = native.tcxAttach(ifindex, hook, program, true);
    try {
      native.pin(link, path);
    } finally {
      native.close(link);
    }
  }

  #attachTc(ifindex: number, hook: native.Hook, program: native.Fd): void {
    native.tcEnsureClsact(ifindex);
    // Before the filter, so that a crash in between leaves no filter that nobody knows of.
    mkdirSync(markerPath(this.#links, ifindex), { recursive: true });
    const present = native.tcQuery(ifindex, hook, TC_PRIORITY, TC_HANDLE) !== undefined;
    native.tcAttach(ifindex, hook, program, TC_PRIORITY, TC_HANDLE, present);
  }

  #program(name: string): native.Fd {
    const program = this.#programs[name];
    if (program === undefined)
      throw new PosternError('E_DATAPATH', `the BPF object has no program "${name}"`, { mend: 'build it again: npm run build' });
    return program.fd;
  }
}

function pinPath(links: string, ifindex: number, hook: native.Hook): string {
  return join(links, `${ifindex}_${hook}`);
}

function markerPath(links: string, ifindex: number): string {
  return join(links, `${ifindex}_tc`);
}

/** Take every program of this root off its interface, whoever put it there. Returns the interfaces. */
export function detachAll(bpfRoot: string): number[] {
  const links = join(bpfRoot, 'links');
  const interfaces = [...attachedUnder(links)];
  for (const ifindex of interfaces) {
    removeLinks(links, ifindex);
    removeFilters(links, ifindex);
  }
  rmSync(links, { recursive: true, force: true });
  return interfaces;
}

function attachedUnder(links: string): Set<number> {
  let names: string[];
  try {
    names = readdirSync(links);
  } catch {
    return new Set();
  }
  return new Set(names.map((name) => Number.parseInt(name, 10)).filter((ifindex) => ifindex > 0));
}

/** False where there is no live link: none was pinned, or its interface is gone and another has its index. */
function replaceProgram(path: string, program: native.Fd): boolean {
  let link: native.Fd;
  try {
    link = native.openPinned(path);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return false;
    throw error;
  }
  try {
    native.linkUpdate(link, program);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOLINK') throw error;
    rmSync(path, { force: true });
    return false;
  } finally {
    native.close(link);
  }
}

/** A link ends with its last pin. */
function removeLinks(links: string, ifindex: number): void {
  for (const { hook } of HOOKS) rmSync(pinPath(links, ifindex, hook), { force: true });
}

/** Only where the marker says that there are some: the same number may be another interface's in the namespace of the caller. */
function removeFilters(links: string, ifindex: number): void {
  const marker = markerPath(links, ifindex);
  if (!existsSync(marker)) return;
  for (const { hook } of HOOKS) {
    try {
      native.tcDetach(ifindex, hook, TC_PRIORITY, TC_HANDLE);
    } catch {
      // The interface is gone, or it has lost its clsact qdisc.
    }
  }
  rmSync(marker, { recursive: true, force: true });
}

function hasTcx(): boolean {
  try {
    native.tcxQuery(1, 'in');
    return true;
  } catch {
    return false;
  }
}
