/** Turns one document into objects of the cluster: opens lists, decodes what Postern reads, passes over the rest. */

import { isRecord } from '../model/decode/fields.ts';
import type { JsonRecord } from '../model/decode/fields.ts';
import { nameObject } from '../model/decode/metadata.ts';
import { decodeObject } from '../model/decode/object.ts';
import { PosternError } from '../model/error.ts';
import type { Location } from '../model/error.ts';
import type { ClusterObject } from '../model/objects.ts';
import { readJson } from './json-document.ts';
import { locateField } from './locate-field.ts';
import type { RawDocument, ReadDocument } from './raw-document.ts';
import { keepSource } from './source-text.ts';
import type { Place, SourceText } from './source-text.ts';
import { readYaml } from './yaml-document.ts';

/** All that is asked of an object where it is found. */
export interface NamedObject {
  readonly kind: string;
}

export interface FoundObject<T extends NamedObject = ClusterObject> {
  readonly object: T;
  readonly place: Place;
  /** Its own text, where the places of its fields are asked for later. */
  readonly source?: SourceText;
}

/** An object of a kind that Postern does not read. */
export interface SkippedObject {
  readonly apiVersion: string;
  readonly kind: string;
  /** `Deployment shop/web` */
  readonly object: string;
  readonly at: Location;
}

/** What a stretch of a file holds; places count from the stretch's own start. */
export interface FoundObjects<T extends NamedObject = ClusterObject> {
  readonly objects: readonly FoundObject<T>[];
  readonly problems: readonly PosternError[];
  readonly skipped: readonly SkippedObject[];
  /** False where something that could not be read was, or may have been, a NetworkPolicy. */
  readonly policiesComplete: boolean;
}

/** As `decodeObject`: undefined for a kind that is not read. */
export type ObjectDecoder<T extends NamedObject> = (value: unknown) => T | undefined;

interface Findings<T extends NamedObject> {
  readonly decode: ObjectDecoder<T>;
  readonly objects: FoundObject<T>[];
  readonly problems: PosternError[];
  readonly skipped: SkippedObject[];
  policiesComplete: boolean;
}

/** Never throws for bad input: every fault is a problem, and the rest is read. */
export function readObjects(source: SourceText): FoundObjects {
  const json = readJson(source);
  return decodeDocuments(json === undefined ? readYaml(source) : [json], decodeObject);
}

/** As `readObjects`, of documents whose syntax was read. */
export function decodeDocuments<T extends NamedObject>(documents: readonly RawDocument[], decode: ObjectDecoder<T>): FoundObjects<T> {
  const findings: Findings<T> = { decode, objects: [], problems: [], skipped: [], policiesComplete: true };
  for (const document of documents) {
    if (document.type === 'broken') {
      findings.problems.push(document.error);
      findings.policiesComplete = false;
    } else if (isList(document.value)) {
      readList(document, document.value, findings);
    } else if (document.value !== null && document.value !== undefined) {
      readObject(document.value, document.source, document.place, findings);
    }
  }
  const { objects, problems, skipped, policiesComplete } = findings;
  return { objects, problems, skipped, policiesComplete };
}

/** `List`, `PodList` and so on; a custom kind that only ends so has no `items`. */
export function isList(value: unknown): value is JsonRecord & { readonly kind: string } {
  if (!isRecord(value) || typeof value['kind'] !== 'string') return false;
  return value['kind'] === 'List' || (value['kind'].endsWith('List') && 'items' in value);
}

function readList<T extends NamedObject>(
  document: ReadDocument,
  list: JsonRecord & { readonly kind: string },
  findings: Findings<T>,
): void {
  const items = list['items'] ?? [];
  if (!Array.isArray(items)) {
    const error = new PosternError('E_OBJECT_FIELD', 'the items of a List are no list', {
      at: { object: list.kind, field: 'items' },
      mend: 'begin each item with "- "',
    });
    addProblem(error, document.source, undefined, findings);
    return;
  }
  const itemKind = list.kind.slice(0, -'List'.length);
  for (const [index, known] of items.entries()) {
    const read = document.itemAt?.(index);
    if (read?.type === 'broken') {
      findings.problems.push(read.error);
      findings.policiesComplete = false;
      continue;
    }
    const source = read?.source ?? document.itemSource(index);
    const item: unknown = read === undefined ? known : read.value;
    const value: unknown = itemKind !== '' && isRecord(item) ? { apiVersion: list['apiVersion'], kind: itemKind, ...item } : item;
    if (isList(value)) {
      const error = new PosternError('E_OBJECT_KIND', 'a List stands inside a List', { mend: 'write its items into the outer List' });
      addProblem(error, source, undefined, findings);
    } else {
      readObject(value, source, read?.place ?? source, findings);
    }
  }
}

/** Of these the places of fields are told later. Routes are an audit's. */
const ASKED_FOR_FIELDS: ReadonlySet<string> = new Set(['NetworkPolicy', 'FoundRoute']);

function readObject<T extends NamedObject>(value: unknown, source: SourceText, { line, column }: Place, findings: Findings<T>): void {
  try {
    const object = findings.decode(value);
    if (object !== undefined && ASKED_FOR_FIELDS.has(object.kind))
      findings.objects.push({ object, place: { line, column }, source: keepSource(source) });
    else if (object !== undefined) findings.objects.push({ object, place: { line, column } });
    else if (isRecord(value)) findings.skipped.push(describeSkipped(value, { line, column }));
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    addProblem(error, source, isRecord(value) ? value['kind'] : undefined, findings);
  }
}

/** Without a readable kind the object may have been a NetworkPolicy. */
function addProblem<T extends NamedObject>(error: PosternError, source: SourceText, kind: unknown, findings: Findings<T>): void {
  const isPolicy = typeof kind === 'string' && kind.toLowerCase() === 'networkpolicy';
  const mayBePolicy = isPolicy || typeof kind !== 'string' || kind === '';
  if (mayBePolicy) findings.policiesComplete = false;
  const loss = isPolicy ? '; this NetworkPolicy is not read' : mayBePolicy ? '; if it is a NetworkPolicy, it is not read' : '';
  const place = locateField(source, error.at.field ?? '');
  findings.problems.push(
    new PosternError(error.code, error.message + loss, {
      at: { ...place, ...error.at },
      ...(error.mend === undefined ? {} : { mend: error.mend }),
      cause: error,
    }),
  );
}

function describeSkipped(value: JsonRecord, at: Place): SkippedObject {
  const kind = String(value['kind']);
  return { apiVersion: String(value['apiVersion']), kind, object: nameObject(kind, value), at };
}
