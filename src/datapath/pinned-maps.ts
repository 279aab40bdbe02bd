/** The pins that a later agent takes the flows over by. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as native from '../../native/index.js';
import type { HookFinding, HookPlace } from './verify-hooks.ts';

const PINNED = ['conntrack', 'conntrack_header'] as const;

export function pinnedMapPlaces(maps: native.LoadedObject['maps'], bpfRoot: string): HookPlace[] {
  return PINNED.map((name) => ({ what: 'pins', inspect: () => inspectPin(maps[name]?.fd, join(bpfRoot, name), name) }));
}

function inspectPin(map: native.Fd | undefined, path: string, name: string): HookFinding | undefined {
  if (map === undefined) return undefined;
  const pinned = idOfPinned(path);
  if (pinned === native.mapInfo(map).id) return undefined;
  return {
    kind: pinned === 'none' ? 'missing' : 'changed',
    where: name,
    expected: 'the map in use',
    found: pinned === 'none' ? null : 'something else',
    unguarded: false,
    mend: () => {
      rmSync(path, { force: true });
      native.pin(map, path);
    },
  };
}

function idOfPinned(path: string): number | 'none' | 'no map' {
  let pinned: native.Fd;
  try {
    pinned = native.openPinned(path);
  } catch (error) {
    return (error as { code?: string }).code === 'ENOENT' ? 'none' : 'no map';
  }
  try {
    return native.mapInfo(pinned).id;
  } catch {
    return 'no map';
  } finally {
    native.close(pinned);
  }
}
