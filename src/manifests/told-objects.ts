/** Remembers what the sink was told, and finds the fewest events that bring it to a new state. */

import { isDeepStrictEqual } from 'node:util';
import type { ClusterKind, ClusterObject } from '../model/objects.ts';
import { objectKey } from '../model/objects.ts';
import type { ClusterEvent } from '../model/source.ts';
import { kindAndKey } from './manifests.ts';

/** What others refer to comes before what refers to it. */
const KIND_ORDER: Readonly<Record<ClusterKind, number>> = { Namespace: 0, Node: 1, Service: 2, EndpointSlice: 3, NetworkPolicy: 4, Pod: 5 };

interface Told {
  /** Equal to what was told, but for the lines at which it stands. */
  latest: ClusterObject;
}

export class ToldObjects {
  #told = new Map<string, Told>();

  /** Deletions first, then the rest in an order that depends on `objects` alone. No two have one kind and key. */
  update(objects: readonly ClusterObject[]): readonly ClusterEvent[] {
    const next = new Map<string, Told>();
    const changed: Told[] = [];
    for (const object of objects) {
      const key = kindAndKey(object);
      const told = this.#told.get(key);
      if (told !== undefined && saysTheSame(told.latest, object)) {
        told.latest = object;
        next.set(key, told);
      } else {
        const fresh = { latest: object };
        next.set(key, fresh);
        changed.push(fresh);
      }
    }
    const deletions: ClusterEvent[] = [];
    for (const [key, { latest }] of this.#told) {
      if (!next.has(key)) deletions.push({ type: 'delete', kind: latest.kind, key: objectKey(latest) });
    }
    this.#told = next;
    changed.sort((a, b) => KIND_ORDER[a.latest.kind] - KIND_ORDER[b.latest.kind]);
    return [...deletions, ...changed.map((told): ClusterEvent => ({ type: 'upsert', object: withLatestLines(told) }))];
  }
}

/** A policy that only moved in its file is not told again: its `locate` asks for the latest lines instead. */
function withLatestLines(told: Told): ClusterObject {
  if (told.latest.kind !== 'NetworkPolicy') return told.latest;
  return {
    ...told.latest,
    locate: (field) => (told.latest.kind === 'NetworkPolicy' ? told.latest.locate?.(field) : undefined) ?? { field },
  };
}

function saysTheSame(a: ClusterObject, b: ClusterObject): boolean {
  return a === b || isDeepStrictEqual({ ...a, locate: undefined }, { ...b, locate: undefined });
}
