/** Makes one input of what was found, wherever it was found: each object once, pods with their workloads, and what is missing. */

import { isDeepStrictEqual } from 'node:util';
import { compareText, type PlacedObject } from '../../manifests/manifests.ts';
import { formatError, PosternError, type Location } from '../../model/error.ts';
import type { AuditInput, Missing, ObjectIgnore, PassedOver, Route } from './audit-input.ts';
import { titleOf, type AuditObject, type FoundPod, type FoundSnapshot, type FoundWorkload } from './audit-object.ts';
import { findMissing } from './find-missing.ts';
import { joinPods } from './join-pods.ts';
import { findSharedAddresses } from './shared-addresses.ts';
import { readObjectIgnores } from './object-ignores.ts';

export interface FoundInput {
  readonly name: string;
  readonly objects: readonly PlacedObject<AuditObject>[];
  readonly problems: readonly PosternError[];
  readonly policiesComplete: boolean;
  readonly passedOver: PassedOver;
  /** Given where the source itself knows what is missing: a cluster. Then `missing` is all there is. */
  readonly cluster?: { readonly missing: readonly Missing[]; readonly whole: boolean };
}

type PlainObject = Exclude<AuditObject, FoundSnapshot>;

interface Parts {
  readonly objects: PlacedObject[];
  readonly pods: PlacedObject<FoundPod>[];
  readonly workloads: PlacedObject<FoundWorkload>[];
  readonly routes: Route[];
  readonly ignores: ObjectIgnore[];
  readonly problems: PosternError[];
}

/** Where two say one object in two ways, the first by file name, then by place in the file, holds; the other is `E_MANIFEST_DUPLICATE`. */
export function assembleInput(found: FoundInput): AuditInput {
  const snapshots = found.objects.flatMap(({ object }) => (object.kind === 'FoundSnapshot' ? [object] : []));
  const plain = found.objects.flatMap(({ object, at }) =>
    object.kind === 'FoundSnapshot' ? object.objects : [{ object, at }],
  ) as PlacedObject<PlainObject>[];
  const parts: Parts = {
    objects: [],
    pods: [],
    workloads: [],
    routes: [],
    ignores: [],
    problems: [...snapshots.flatMap(({ problems }) => problems), ...found.problems],
  };
  for (const { object, at } of firstOfEach(plain, parts.problems)) sortIn(object, at, parts);
  const { objects, routes, problems } = parts;
  const workloads = joinPods(parts.pods, parts.workloads);
  for (const { kind, namespace, name, annotations, at } of workloads) readIgnores(`${kind} ${namespace}/${name}`, annotations, at, parts);
  // A cluster's snapshot knows as well as the cluster did.
  const [only] = snapshots.length === 1 && found.objects.length === 1 ? snapshots : [];
  const told = found.cluster ?? only;
  // In a cluster addresses go from pod to pod between two lists.
  if (told?.whole !== true) problems.push(...findSharedAddresses(parts.pods));
  const partial = { objects, workloads, routes, policiesComplete: found.policiesComplete };
  const passedOver = addUp([found.passedOver, ...snapshots.flatMap((snapshot) => snapshot.passedOver ?? [])]);
  return {
    name: only?.name ?? found.name,
    objects,
    workloads,
    routes,
    problems: onceEach(problems),
    missing: told?.missing ?? findMissing(partial),
    whole: told?.whole ?? false,
    ...(parts.ignores.length === 0 ? {} : { ignores: parts.ignores }),
    ...(passedOver.documents === 0 && Object.keys(passedOver.kinds).length === 0 ? {} : { passedOver }),
  };
}

function addUp(all: readonly PassedOver[]): PassedOver {
  const kinds = new Map<string, number>();
  for (const [kind, count] of all.flatMap((one) => Object.entries(one.kinds))) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
  return { documents: all.reduce((sum, { documents }) => sum + documents, 0), kinds: Object.fromEntries(kinds) };
}

function sortIn(object: PlainObject, at: Location, parts: Parts): void {
  switch (object.kind) {
    case 'FoundPod':
      parts.pods.push({ object, at });
      parts.objects.push({ object: object.pod, at });
      return;
    case 'FoundWorkload':
      parts.workloads.push({ object, at });
      return;
    case 'FoundRoute':
      parts.routes.push({ ...object.route, at, ...(object.locate === undefined ? {} : { locate: object.locate }) });
      return;
    case 'FoundNamespace':
      parts.objects.push({ object: object.namespace, at });
      readIgnores(`Namespace ${object.namespace.name}`, object.annotations, at, parts);
      return;
    case 'NetworkPolicy':
      parts.objects.push({ object, at });
      readIgnores(titleOf(object), object.annotations, at, parts);
      return;
    default:
      parts.objects.push({ object, at });
  }
}

function readIgnores(object: string, annotations: Readonly<Record<string, string>>, at: Location, parts: Parts): void {
  const { ignores, problems } = readObjectIgnores(object, annotations, at);
  parts.ignores.push(...ignores);
  parts.problems.push(...problems);
}

function firstOfEach(objects: readonly PlacedObject<PlainObject>[], problems: PosternError[]): Iterable<PlacedObject<PlainObject>> {
  const first = new Map<string, PlacedObject<PlainObject>>();
  const byFile = objects.toSorted((a, b) => compareText(a.at.file ?? '', b.at.file ?? ''));
  for (const placed of byFile) {
    const title = titleOf(placed.object);
    const earlier = first.get(title);
    if (earlier === undefined) first.set(title, placed);
    else if (!saySame(earlier.object, placed.object)) problems.push(duplicateError(title, earlier.at, placed.at));
  }
  return first.values();
}

function saySame(a: PlainObject, b: PlainObject): boolean {
  return isDeepStrictEqual({ ...a, locate: undefined }, { ...b, locate: undefined });
}

/** A snapshot tells of an annotation that it holds, and so does the annotation. */
function onceEach(problems: readonly PosternError[]): readonly PosternError[] {
  return [...new Map(problems.map((problem) => [formatError(problem), problem])).values()];
}

function duplicateError(title: string, earlier: Location, later: Location): PosternError {
  const where = earlier.file === undefined ? 'before' : `in ${earlier.file}:${earlier.line}`;
  return new PosternError('E_MANIFEST_DUPLICATE', `it already stands ${where}, and says something else there; this one is ignored`, {
    at: { ...later, object: title },
    mend: 'give one of the two; of a base and its overlays what kustomize builds: kubectl kustomize DIR | postern audit -',
  });
}
