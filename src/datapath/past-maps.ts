/**
 * What later agents ask of programs that they find at interfaces: the maps that those use, pinned below `past/` by the program's number. The kernel
 * tells a program's maps only to who holds CAP_SYS_ADMIN (BPF_PROG_GET_FD_BY_ID, kernel/bpf/syscall.c).
 */

import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as native from '../../native/index.js';
import { openPin } from './read-pin.ts';

export interface PastMap {
  readonly fd: native.Fd;
  readonly info: native.MapInfo;
}

const FOLDER = 'past';
/** The flow table among them tells whether a program recorded where this agent looks. */
const MAPS = ['conntrack', 'endpoints', 'far_endpoints', 'configs'] as const;

/** For programs that judge by these maps; before they stand anywhere. */
export function pinPast(bpfRoot: string, programs: readonly native.Fd[], maps: native.LoadedObject['maps']): void {
  for (const program of programs) {
    const folder = folderOf(bpfRoot, native.programInfo(program).id);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of MAPS) {
      const map = maps[name];
      if (map !== undefined) native.pin(map.fd, join(folder, name));
    }
  }
}

/** Calls back with the maps of a program, by pins where there are any, else by the kernel's word. Throws where neither tells. */
export function withPastMaps<Result>(bpfRoot: string, programId: number, act: (maps: readonly PastMap[]) => Result): Result {
  const opened = openPinned(bpfRoot, programId) ?? openById(programId);
  try {
    return act(opened);
  } finally {
    for (const { fd } of opened) native.close(fd);
  }
}

/** Of programs that stand nowhere any more. */
export function forgetPast(bpfRoot: string, keep: ReadonlySet<number>): void {
  const folder = join(bpfRoot, FOLDER);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) if (!keep.has(Number(name))) rmSync(join(folder, name), { recursive: true, force: true });
}

/** The folder and all. */
export function removePast(bpfRoot: string): void {
  rmSync(join(bpfRoot, FOLDER), { recursive: true, force: true });
}

function openPinned(bpfRoot: string, programId: number): PastMap[] | undefined {
  const folder = folderOf(bpfRoot, programId);
  if (!existsSync(folder)) return undefined;
  return MAPS.flatMap((name) => {
    const { kind, fd } = openPin(join(folder, name));
    if (kind === 'map') return [{ fd, info: native.mapInfo(fd) }];
    if (fd !== undefined) native.close(fd);
    return [];
  });
}

function openById(programId: number): PastMap[] {
  const opened: PastMap[] = [];
  const program = native.programById(programId);
  try {
    for (const id of native.programInfo(program).mapIds) {
      const fd = native.mapById(id);
      opened.push({ fd, info: native.mapInfo(fd) });
    }
    return opened;
  } catch (error) {
    for (const { fd } of opened) native.close(fd);
    throw error;
  } finally {
    native.close(program);
  }
}

function folderOf(bpfRoot: string, programId: number): string {
  return join(bpfRoot, FOLDER, String(programId));
}
