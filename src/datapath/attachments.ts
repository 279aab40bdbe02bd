/** Puts the two programs on interfaces: by pinned tcx links where the kernel has them, else by cls_bpf filters of our own priority and handle. */

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import { HOOKS, hookPath, linkPath, linksFolder, placeOf } from './link-names.ts';
import { removePast } from './past-maps.ts';
import { freeName } from './put-aside.ts';
import { openPin } from './read-pin.ts';
import { readLink } from './read-link.ts';
import { isRight, sortLinks } from './sort-links.ts';

export type AttachMode = 'tcx' | 'tc';

/** Our own place among cls_bpf filters: early, and not the (1, 1) that others use. */
export const TC_PRIORITY = 20;
export const TC_HANDLE = 0x9057;

export class Attachments {
  readonly #programs: native.LoadedObject['programs'];
  readonly #bpfRoot: string;
  readonly #mode: AttachMode;

  /** `bpfRoot` must lie on a bpf file system. `mode` is found out where it is not given. */
  constructor(programs: native.LoadedObject['programs'], bpfRoot: string, mode: AttachMode | undefined) {
    this.#programs = programs;
    this.#bpfRoot = bpfRoot;
    this.#mode = mode ?? (hasTcx() ? 'tcx' : 'tc');
    sortLinks(bpfRoot);
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
    if (this.#mode === 'tcx') removeFilters(this.#bpfRoot, ifindex);
    else removeLinks(this.#bpfRoot, ifindex);
  }

  detach(ifindex: number): void {
    removeLinks(this.#bpfRoot, ifindex);
    removeFilters(this.#bpfRoot, ifindex);
  }

  /** By what is pinned: tcx links by name, cls_bpf filters by an empty folder beside them. */
  attached(): Set<number> {
    return attachedUnder(this.#bpfRoot);
  }

  /** The programs of ours, an earlier agent's too, that judge at an interface: one for each hook that has one. */
  programsAt(ifindex: number): number[] {
    return HOOKS.flatMap(({ hook }) => this.programAt(ifindex, hook) ?? []);
  }

  programAt(ifindex: number, hook: native.Hook): number | undefined {
    const link = readLink(hookPath(this.#bpfRoot, ifindex, hook));
    if (typeof link === 'object' && link.ifindex === ifindex && isRight(link, { kind: 'hook', ifindex, hook })) return link.programId;
    return this.#mode === 'tc' || existsSync(markerPath(this.#bpfRoot, ifindex)) ? filterProgram(ifindex, hook) : undefined;
  }

  /** As above, at every interface. */
  programsOfAll(): Set<number> {
    return new Set([...this.attached()].flatMap((ifindex) => this.programsAt(ifindex)));
  }

  #attachTcx(ifindex: number, hook: native.Hook, program: native.Fd): void {
    const path = hookPath(this.#bpfRoot, ifindex, hook);
    const pinned = readLink(path);
    if (pinned !== 'none' && !isRight(pinned, { kind: 'hook', ifindex, hook })) sortLinks(this.#bpfRoot);
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
    mkdirSync(markerPath(this.#bpfRoot, ifindex), { recursive: true });
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

function markerPath(bpfRoot: string, ifindex: number): string {
  return linkPath(bpfRoot, { kind: 'filters', ifindex });
}

/** Take every program of this root off its interface, whoever put it there. Returns the interfaces. */
export function detachAll(bpfRoot: string): number[] {
  removePast(bpfRoot);
  if (!existsSync(linksFolder(bpfRoot))) return [];
  sortLinks(bpfRoot);
  const interfaces = [...attachedUnder(bpfRoot)];
  for (const ifindex of interfaces) {
    removeLinks(bpfRoot, ifindex);
    removeFilters(bpfRoot, ifindex);
  }
  rmSync(linksFolder(bpfRoot), { recursive: true, force: true });
  return interfaces;
}

function attachedUnder(bpfRoot: string): Set<number> {
  let names: string[];
  try {
    names = readdirSync(linksFolder(bpfRoot));
  } catch {
    return new Set();
  }
  const places = names.map((name) => placeOf(name));
  return new Set(places.flatMap((place) => (place === undefined || place.kind === 'forwarding' ? [] : [place.ifindex])));
}

/** False where there is no live link: none was pinned, or its interface is gone and another has its index. */
function replaceProgram(path: string, program: native.Fd): boolean {
  const { kind, fd } = openPin(path);
  if (fd === undefined && kind === 'none') return false;
  if (fd === undefined) throw new Error(`${path} is no link`);
  try {
    native.linkUpdate(fd, program);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOLINK') throw error;
    rmSync(path, { force: true });
    return false;
  } finally {
    native.close(fd);
  }
}

/** A link ends some time after its last pin, and at once when it is detached. */
function removeLinks(bpfRoot: string, ifindex: number): void {
  for (const { hook } of HOOKS) {
    const path = hookPath(bpfRoot, ifindex, hook);
    const isOwn = isRight(readLink(path), { kind: 'hook', ifindex, hook });
    if (isOwn) detachLink(path);
    freeName(bpfRoot, path, isOwn);
  }
}

function detachLink(path: string): void {
  const { fd } = openPin(path);
  if (fd === undefined) return;
  try {
    native.linkDetach(fd);
  } finally {
    native.close(fd);
  }
}

/** Only where the marker says that there are some: the same number may be another interface's in the namespace of the caller. */
function removeFilters(bpfRoot: string, ifindex: number): void {
  const marker = markerPath(bpfRoot, ifindex);
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

function filterProgram(ifindex: number, hook: native.Hook): number | undefined {
  try {
    return native.tcQuery(ifindex, hook, TC_PRIORITY, TC_HANDLE)?.programId;
  } catch {
    // The interface is gone.
    return undefined;
  }
}

function hasTcx(): boolean {
  try {
    native.tcxQuery(1, 'in');
    return true;
  } catch {
    return false;
  }
}
