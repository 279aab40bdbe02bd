/** The cluster's objects with their status, one file each, in the folder that the agents watch. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf, nameOf, type ObjectName } from './raw-object.ts';
import type { RawObject } from '../types.ts';
import { writeFileAtomic } from '../state/write-file-atomic.ts';

export class ObjectFolder {
  readonly #dir: string;
  readonly #objects: Map<string, RawObject>;

  private constructor(dir: string, objects: Map<string, RawObject>) {
    this.#dir = dir;
    this.#objects = objects;
  }

  /** Make the folder, or read what is in it. */
  static async open(dir: string): Promise<ObjectFolder> {
    await mkdir(dir, { recursive: true });
    const objects = new Map<string, RawObject>();
    for (const file of (await readdir(dir)).filter((name) => name.endsWith('.json')).toSorted()) {
      const object = JSON.parse(await readFile(join(dir, file), 'utf8')) as RawObject;
      objects.set(storeKey(nameOf(object)), object);
    }
    return new ObjectFolder(dir, objects);
  }

  list(): readonly RawObject[] {
    return [...this.#objects.values()];
  }

  get(name: ObjectName): RawObject | undefined {
    return this.#objects.get(storeKey(name));
  }

  async put(object: RawObject): Promise<void> {
    const name = nameOf(object);
    // Before the first await: objects that are put at once keep their order.
    this.#objects.set(storeKey(name), object);
    await writeFileAtomic(this.#path(name), `${JSON.stringify(object, undefined, 2)}\n`);
  }

  /** An absent object is passed over. */
  async remove(name: ObjectName): Promise<void> {
    await rm(this.#path(name), { force: true });
    this.#objects.delete(storeKey(name));
  }

  #path(name: ObjectName): string {
    const key = storeKey(name);
    // A file name may have 255 bytes, a pod's key 317.
    const file = key.length <= 200 ? key : `${key.slice(0, 150)}_${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
    return join(this.#dir, `${file}.json`);
  }
}

/** No name of the API holds an underscore, so no two objects share a file. */
function storeKey(name: ObjectName): string {
  return `${name.kind}_${keyOf(name).replace('/', '_')}`;
}
