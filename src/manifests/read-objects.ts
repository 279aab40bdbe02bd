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
import type { ReadDocument } from './raw-document.ts';
import { keepSource } from './source-text.ts';
import type { Place, SourceText } from './source-text.ts';
import { readYaml } from './yaml-document.ts';

export interface FoundObject {
  readonly object: ClusterObject;
  readonly place: Place;
  /** Its own text, of a NetworkPolicy, whose fields are looked for later. */
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
export interface FoundObjects {
  readonly objects: readonly FoundObject[];
  readonly problems: readonly PosternError[];
  readonly skipped: readonly SkippedObject[];
  /** False where something that could not be read was, or may have been, a NetworkPolicy. */
  readonly policiesComplete: boolean;
}

interface Findings {
  readonly objects: FoundObject[];
  readonly problems: PosternError[];
  readonly skipped: SkippedObject[];
  policiesComplete: boolean;
}

/** Never throws for bad input: every fault is a problem, and the rest is read. */
export function readObjects(source: SourceText): FoundObjects {
  const json = readJson(source);
  const documents = json === undefined ? readYaml(source) : [json];
  const findings: Findings = { objects: [], problems: [], skipped: [], policiesComplete: true };
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
  return findings;
}

/** `List`, `PodList` and so on; a custom kind that only ends so has no `items`. */
function isList(value: unknown): value is JsonRecord & { readonly kind: string } {
  if (!isRecord(value) || typeof value['kind'] !== 'string') return false;
  return value['kind'] === 'List' || (value['kind'].endsWith('List') && 'items' in value);
}

function readList(document: ReadDocument, list: JsonRecord & { readonly kind: string }, findings: Findings): void {
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
  for (const [index, item] of items.entries()) {
    const source = document.itemSource(index);
    const value: unknown = itemKind !== '' && isRecord(item) ? { apiVersion: list['apiVersion'], kind: itemKind, ...item } : item;
    if (isList(value)) {
      const error = new PosternError('E_OBJECT_KIND', 'a List stands inside a List', { mend: 'write its items into the outer List' });
      addProblem(error, source, undefined, findings);
    } else {
      readObject(value, source, source, findings);
    }
  }
}

function readObject(value: unknown, source: SourceText, { line, column }: Place, findings: Findings): void {
  try {
    const object = decodeObject(value);
    if (object?.kind === 'NetworkPolicy') findings.objects.push({ object, place: { line, column }, source: keepSource(source) });
    else if (object !== undefined) findings.objects.push({ object, place: { line, column } });
    else if (isRecord(value)) findings.skipped.push(describeSkipped(value, { line, column }));
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    addProblem(error, source, isRecord(value) ? value['kind'] : undefined, findings);
  }
}

/** Without a readable kind the object may have been a NetworkPolicy. */
function addProblem(error: PosternError, source: SourceText, kind: unknown, findings: Findings): void {
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
