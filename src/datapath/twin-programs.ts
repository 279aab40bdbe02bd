/**
 * Second copies of the attached programs, over the same maps. One program cannot stand at a hook twice, so a copy holds the hook while the other takes a
 * new place at it.
 */

import * as native from '../../native/index.js';
import { readPolicyObject } from './load-programs.ts';

const SETTINGS = '.rodata.settings';

/** Loads the copies of the named programs of an object. The caller closes what it gets. */
export function loadTwins(object: native.LoadedObject, names: readonly string[]): Readonly<Record<string, native.Fd>> {
  const maps: Record<string, { reuseFd: native.Fd } | { initialValue: Uint8Array }> = {};
  // Internal maps (.rodata, .bss) come with each copy; of them only the settings differ from what the object file says.
  for (const [name, map] of Object.entries(object.maps)) if (!name.startsWith('.')) maps[name] = { reuseFd: map.fd };
  const settings = object.maps[SETTINGS];
  if (settings !== undefined) maps[SETTINGS] = { initialValue: native.mapDump(settings.fd).values };
  const skipPrograms = Object.keys(object.programs).filter((name) => !names.includes(name));
  const twin = native.loadObject(readPolicyObject(), { name: 'postern', maps, skipPrograms });
  for (const map of Object.values(twin.maps)) native.close(map.fd);
  return Object.fromEntries(Object.entries(twin.programs).map(([name, program]) => [name, program.fd]));
}
