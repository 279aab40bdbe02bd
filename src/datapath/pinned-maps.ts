/** The pins that a later agent takes the flows over by. */

import { join } from 'node:path';
import * as native from '../../native/index.js';
import { freeName } from './put-aside.ts';
import { openPin } from './read-pin.ts';
import type { HookFinding, HookPlace } from './verify-hooks.ts';

const PINNED = ['conntrack', 'conntrack_header'] as const;

type Maps = native.LoadedObject['maps'];

/** What had these names goes; what was not ours is put aside. Where this is cut short the next agent finds no whole pair, and begins a new one. */
export function pinMaps(maps: Maps, bpfRoot: string): void {
  const unpinned = PINNED.filter((name) => !isPinned(maps[name]?.fd, join(bpfRoot, name)));
  for (const name of unpinned) freePin(bpfRoot, name);
  for (const name of unpinned) pinOne(maps[name]?.fd, bpfRoot, name);
}

export function pinnedMapPlaces(maps: Maps, bpfRoot: string): HookPlace[] {
  return PINNED.map((name) => ({ what: 'pins', inspect: () => inspectPin(maps[name]?.fd, bpfRoot, name) }));
}

function inspectPin(map: native.Fd | undefined, bpfRoot: string, name: string): HookFinding | undefined {
  const path = join(bpfRoot, name);
  if (map === undefined || isPinned(map, path)) return undefined;
  const pinned = readMap(path);
  return {
    kind: pinned === 'none' ? 'missing' : 'changed',
    where: name,
    expected: 'the map in use',
    found: pinned === 'none' ? null : 'something else',
    unguarded: false,
    mend: () => {
      freePin(bpfRoot, name);
      pinOne(map, bpfRoot, name);
    },
  };
}

function pinOne(map: native.Fd | undefined, bpfRoot: string, name: string): void {
  if (map !== undefined) native.pin(map, join(bpfRoot, name));
}

/** A table of an earlier agent's is known by its name, which foreign maps may have too: nobody else's are pinned here by it. */
function freePin(bpfRoot: string, name: string): void {
  const path = join(bpfRoot, name);
  const pinned = readMap(path);
  freeName(bpfRoot, path, typeof pinned === 'object' && pinned.name === name.slice(0, NAME_LENGTH));
}

function isPinned(map: native.Fd | undefined, path: string): boolean {
  const pinned = readMap(path);
  return map !== undefined && typeof pinned === 'object' && pinned.id === native.mapInfo(map).id;
}

/** The kernel keeps so many characters of a name (BPF_OBJ_NAME_LEN less one). */
const NAME_LENGTH = 15;

function readMap(path: string): native.MapInfo | 'none' | 'no map' {
  const { kind, fd } = openPin(path);
  if (fd === undefined) return kind === 'none' ? 'none' : 'no map';
  try {
    return kind === 'map' ? native.mapInfo(fd) : 'no map';
  } finally {
    native.close(fd);
  }
}
