/** What a set of manifest files says: its objects, one for each key, and everything that is wrong with it. */

import { PosternError } from '../model/error.ts';
import type { Location } from '../model/error.ts';
import type { ClusterObject } from '../model/objects.ts';
import { objectKey } from '../model/objects.ts';
import type { SkippedObject } from './read-objects.ts';

export interface PlacedObject<T = ClusterObject> {
  readonly object: T;
  readonly at: Location;
}

/** One file as it was read. */
export interface ManifestFile {
  readonly file: string;
  readonly objects: readonly PlacedObject[];
  readonly problems: readonly PosternError[];
  readonly skipped: readonly SkippedObject[];
  readonly policiesComplete: boolean;
}

export interface Manifests {
  readonly objects: readonly ClusterObject[];
  readonly problems: readonly PosternError[];
  /** Objects of kinds that Postern does not read. */
  readonly skipped: readonly SkippedObject[];
  /** False where something that could not be read was, or may have been, a NetworkPolicy. */
  readonly policiesComplete: boolean;
}

/** Where two documents say one object, the first by file name, then by place in the file, holds; the other is `E_MANIFEST_DUPLICATE`. */
export function mergeManifests(files: readonly ManifestFile[]): Manifests {
  const first = new Map<string, PlacedObject>();
  const problems: PosternError[] = [];
  const ordered = files.toSorted((a, b) => compareText(a.file, b.file));
  for (const file of ordered) {
    for (const problem of file.problems) problems.push(problem);
    for (const placed of file.objects) {
      const key = kindAndKey(placed.object);
      const earlier = first.get(key);
      if (earlier === undefined) first.set(key, placed);
      else problems.push(duplicateProblem(key, earlier.at, placed.at));
    }
  }
  return {
    objects: Array.from(first.values(), ({ object }) => object),
    problems,
    skipped: ordered.flatMap(({ skipped }) => skipped),
    policiesComplete: ordered.every(({ policiesComplete }) => policiesComplete),
  };
}

/** `Pod shop/web`: unique over all kinds. */
export function kindAndKey(object: ClusterObject): string {
  return `${object.kind} ${objectKey(object)}`;
}

/** By code units: the same order on every machine and in every language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function duplicateProblem(object: string, earlier: Location, later: Location): PosternError {
  return new PosternError('E_MANIFEST_DUPLICATE', `it already stands in ${earlier.file}:${earlier.line}; this one is ignored`, {
    at: { ...later, object },
    mend: 'delete one of the two',
  });
}
