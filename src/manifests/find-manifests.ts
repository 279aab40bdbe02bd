/** Finds the manifest files of a folder and of its subfolders, through symbolic links as ConfigMap volumes use them. */

import { lstatSync, readdirSync, statSync } from 'node:fs';
import type { Stats, Dirent } from 'node:fs';
import { join } from 'node:path';
import { readError } from './read-file.ts';
import type { PosternError } from '../model/error.ts';

export interface FoundFile {
  readonly path: string;
  /** Of the file itself, behind links. */
  readonly stats: Stats;
}

/** A folder or link that is there and cannot be looked into; what lies below `path` is unknown. */
export interface FoundFault {
  readonly path: string;
  readonly error: PosternError;
}

export interface FoundManifests {
  readonly files: readonly FoundFile[];
  readonly faults: readonly FoundFault[];
}

/** `id` changes when another folder takes the path's place. */
export type FolderVisitor = (path: string, id: string) => void;

/**
 * What `isLeftOut` says of a name is passed over. `visit` is called for each folder before it is listed, so that a watch set there misses nothing. Looks at a thousand
 * files in about 5 ms without giving way: a change must not wait behind the thread pool's queue.
 */
export function findManifests(
  folder: string,
  visit: FolderVisitor = () => undefined,
  isLeftOut: (name: string) => boolean = () => false,
): FoundManifests {
  const files: FoundFile[] = [];
  const faults: FoundFault[] = [];
  const walk = (path: string, above: readonly string[]): void => {
    const entries = lookInto(path, above, visit, faults);
    for (const entry of entries?.list ?? []) {
      if (entry.name.startsWith('.') || isLeftOut(entry.name)) continue;
      const place = join(path, entry.name);
      if (entry.isDirectory()) {
        walk(place, [...above, entries?.id ?? '']);
      } else if (isManifestName(entry.name) || entry.isSymbolicLink()) {
        const stats = statEntry(place, faults);
        if (stats?.isDirectory()) walk(place, [...above, entries?.id ?? '']);
        else if (stats?.isFile() && isManifestName(entry.name)) files.push({ path: place, stats });
      }
    }
  };
  walk(folder, []);
  return { files, faults };
}

/** Editors' backups (`a.yaml~`, `.a.yaml.swp`) have other endings. */
export function isManifestName(name: string): boolean {
  return name.endsWith('.yaml') || name.endsWith('.yml') || name.endsWith('.json');
}

/** Undefined for a folder inside itself, through a link, and for one that cannot be read. */
function lookInto(
  path: string,
  above: readonly string[],
  visit: FolderVisitor,
  faults: FoundFault[],
): { id: string; list: readonly Dirent[] } | undefined {
  try {
    const { dev, ino, birthtimeMs } = statSync(path);
    const id = `${dev}:${ino}:${birthtimeMs}`;
    if (above.includes(id)) return undefined;
    visit(path, id);
    return { id, list: readdirSync(path, { withFileTypes: true }) };
  } catch (cause) {
    // A subfolder that has just been deleted is no fault; the outermost one is always expected.
    if (above.length === 0 || exists(path)) faults.push({ path, error: readError(path, cause) });
    return undefined;
  }
}

/** Undefined for what has just been deleted; a link to nothing is a fault. */
function statEntry(path: string, faults: FoundFault[]): Stats | undefined {
  try {
    return statSync(path);
  } catch (cause) {
    if (exists(path)) faults.push({ path, error: readError(path, cause) });
    return undefined;
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
