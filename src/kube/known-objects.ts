/** What has been told of one resource, by name and version: turns lists and watch events into the fewest events for the sink. */

import { decodeObject } from '../model/decode/object.ts';
import type { JsonRecord } from '../model/decode/fields.ts';
import { PosternError } from '../model/error.ts';
import type { ClusterObject } from '../model/objects.ts';
import type { ClusterEvent } from '../model/source.ts';
import { keyOf, versionOf } from './api-object.ts';
import type { Resource } from './resources.ts';
import type { WatchEvent } from './watch-objects.ts';

interface Known {
  version: string;
  /** Told to the sink: what follows for a name that never could be decoded is nothing. */
  told: boolean;
}

export class KnownObjects {
  readonly #resource: Resource;
  readonly #slim: (object: ClusterObject) => ClusterObject;
  readonly #known = new Map<string, Known>();
  readonly #problems = new Map<string, PosternError>();

  /** `slim` may share parts between objects. */
  constructor(resource: Resource, slim: (object: ClusterObject) => ClusterObject) {
    this.#resource = resource;
    this.#slim = slim;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Objects whose latest version cannot be decoded; the last one that could be stays in force. */
  get problems(): readonly PosternError[] {
    return [...this.#problems.values()];
  }

  /** One page of a new list; `seen` gathers the names of all its pages. */
  list(items: readonly JsonRecord[], seen: Set<string>): ClusterEvent[] {
    return items.flatMap((item) => {
      const key = keyOf(item);
      seen.add(key);
      return this.#upsert(key, item);
    });
  }

  /** The list is whole: what it did not show is gone. */
  forgetUnseen(seen: ReadonlySet<string>): ClusterEvent[] {
    return [...this.#known.keys()].filter((key) => !seen.has(key)).flatMap((key) => this.#delete(key));
  }

  watch(events: readonly WatchEvent[]): ClusterEvent[] {
    return events.flatMap(({ type, object }) => {
      switch (type) {
        case 'ADDED':
        case 'MODIFIED':
          return this.#upsert(keyOf(object), object);
        case 'DELETED':
          return this.#delete(keyOf(object));
        case 'BOOKMARK':
          return [];
      }
    });
  }

  #upsert(key: string, object: JsonRecord): ClusterEvent[] {
    const version = versionOf(object);
    const known = this.#known.get(key);
    if (known?.version === version) return [];
    const next: Known = { version, told: known?.told ?? false };
    this.#known.set(key, next);
    try {
      // Items of a list do not repeat what they are.
      const decoded = decodeObject({ ...object, apiVersion: this.#resource.apiVersion, kind: this.#resource.kind });
      this.#problems.delete(key);
      if (decoded === undefined) return [];
      next.told = true;
      return [{ type: 'upsert', object: this.#slim(decoded) }];
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      this.#problems.set(key, error);
      return [];
    }
  }

  #delete(key: string): ClusterEvent[] {
    const known = this.#known.get(key);
    this.#known.delete(key);
    this.#problems.delete(key);
    return known?.told === true ? [{ type: 'delete', kind: this.#resource.kind, key }] : [];
  }
}
