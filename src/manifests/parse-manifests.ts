/** Reads the text of a manifest file, YAML or JSON, one document or many, into objects with their places. */

import { PosternError } from '../model/error.ts';
import type { Location } from '../model/error.ts';
import { createLocator } from './locate-field.ts';
import { mergeManifests } from './manifests.ts';
import type { ManifestFile, Manifests, PlacedObject } from './manifests.ts';
import { readObjects } from './read-objects.ts';
import type { FoundObject, FoundObjects } from './read-objects.ts';
import { splitDocuments } from './split-documents.ts';

/** Documents by their text: one that did not change since the last reading need not be read again. */
export type DocumentCache = ReadonlyMap<string, FoundObjects>;

/**
 * Never throws for bad input. Problems are `E_MANIFEST_SYNTAX` (the document is lost), `E_OBJECT_FIELD`,
 * `E_OBJECT_KIND`, `E_OBJECT_VERSION` (the object is lost) and `E_MANIFEST_DUPLICATE` (the later object is ignored).
 */
export function parseManifests(text: string, file: string): Manifests {
  return mergeManifests([parseManifestFile(text, file).manifest]);
}

/** As `parseManifests`, without looking for duplicates; `documents` is the cache for the file's next reading. */
export function parseManifestFile(text: string, file: string, known?: DocumentCache): { manifest: ManifestFile; documents: DocumentCache } {
  const documents = new Map<string, FoundObjects>();
  const parts = splitDocuments(text).map((document) => {
    const found = documents.get(document.text) ?? known?.get(document.text) ?? readObjects({ text: document.text, line: 1, column: 1 });
    documents.set(document.text, found);
    return { found, above: document.line - 1 };
  });
  const manifest: ManifestFile = {
    file,
    objects: parts.flatMap(({ found, above }) => found.objects.map((object) => placeObject(object, file, above))),
    problems: parts.flatMap(({ found, above }) => found.problems.map((problem) => placeProblem(problem, file, above))),
    skipped: parts.flatMap(({ found, above }) => found.skipped.map((one) => ({ ...one, at: placeLocation(one.at, file, above) }))),
    policiesComplete: parts.every(({ found }) => found.policiesComplete),
  };
  return { manifest, documents };
}

/** `above` is the number of lines above the document. */
function placeObject({ object, place, source }: FoundObject, file: string, above: number): PlacedObject {
  const at = { file, line: place.line + above, column: place.column };
  if (object.kind !== 'NetworkPolicy' || source === undefined) return { object, at };
  return { object: { ...object, locate: createLocator(file, { ...source, line: source.line + above }) }, at };
}

function placeProblem(problem: PosternError, file: string, above: number): PosternError {
  return new PosternError(problem.code, problem.message, {
    at: placeLocation(problem.at, file, above),
    ...(problem.mend === undefined ? {} : { mend: problem.mend }),
    cause: problem.cause,
  });
}

function placeLocation(at: Location, file: string, above: number): Location {
  return { ...at, file, line: (at.line ?? 1) + above };
}
