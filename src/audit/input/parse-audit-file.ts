/** Reads the text of one file into what an audit can use, and tells templates and other programs' files from broken manifests. */

import { createLocator } from '../../manifests/locate-field.ts';
import type { PlacedObject } from '../../manifests/manifests.ts';
import { isList, decodeDocuments, type FoundObject, type ObjectDecoder } from '../../manifests/read-objects.ts';
import type { RawDocument } from '../../manifests/raw-document.ts';
import type { SourceText } from '../../manifests/source-text.ts';
import { countLines, splitDocuments } from '../../manifests/split-documents.ts';
import { isRecord } from '../../model/decode/fields.ts';
import { PosternError } from '../../model/error.ts';
import { titleOf, type AuditObject } from './audit-object.ts';
import { isOfReadKind } from './decode-audit-object.ts';
import { SNAPSHOT_KIND } from './decode-snapshot.ts';
import { readDocuments, type YamlBudget } from './read-documents.ts';
import { splitJson } from './split-json.ts';
import { findTemplate, templateError } from './template-text.ts';

export interface AuditFile {
  readonly file: string;
  readonly objects: readonly PlacedObject<AuditObject>[];
  readonly problems: readonly PosternError[];
  /** False where something that could not be read was, or may have been, a NetworkPolicy. */
  readonly policiesComplete: boolean;
  /** Documents that are no manifests, or only pieces of one. */
  readonly strangers: number;
  /** Kinds of the objects that are not read. */
  readonly otherKinds: readonly string[];
}

/** YAML is read at two or three MiB a second, if it is plain at ten: more than this is no hand's work, and can be had as JSON. */
const YAML_OF_A_FILE = 24 << 20;
const MOST_DOCUMENTS = 50_000;

interface Reading {
  readonly objects: PlacedObject<AuditObject>[];
  readonly problems: PosternError[];
  readonly otherKinds: string[];
  policiesComplete: boolean;
  strangers: number;
  isCutShort: boolean;
  template: { readonly line: number; count: number } | undefined;
}

/** Where `isNamed` is false the file was found in a folder: then what is no manifest is passed over, else it is a problem. Never throws for bad input. */
export function parseAuditFile(text: string, file: string, decode: ObjectDecoder<AuditObject>, isNamed: boolean): AuditFile {
  const reading: Reading = {
    objects: [],
    problems: [],
    otherKinds: [],
    policiesComplete: true,
    strangers: 0,
    isCutShort: false,
    template: undefined,
  };
  const fault = isNamed || mayHoldObject(text) ? findFault(text) : undefined;
  if (!isNamed && !mayHoldObject(text)) reading.strangers += 1;
  else if (fault !== undefined) {
    reading.policiesComplete = false;
    reading.problems.push(fault);
  } else {
    const budget = { left: YAML_OF_A_FILE, isSpent: false };
    for (const source of splitDocuments(text).flatMap(splitJson)) {
      readDocument(source, file, decode, isNamed, budget, reading);
      if (budget.isSpent) break;
    }
  }
  if (reading.template !== undefined) reading.problems.push(templateError(reading.template.line, reading.template.count));
  const problems = reading.problems.map((problem) => placeIn(file, problem));
  const { objects, policiesComplete, strangers, otherKinds } = reading;
  return { file, objects, problems, policiesComplete, strangers, otherKinds };
}

/** By its words, whatever its syntax: cheap, and other programs' files can be large. */
export function mayHoldObject(text: string): boolean {
  const hasKind = text.includes('kind');
  return (
    (hasKind && (text.includes('apiVersion') || text.includes('metadata'))) || (text.includes('apiVersion') && text.includes('metadata'))
  );
}

/** What makes the text as a whole unreadable. */
function findFault(text: string): PosternError | undefined {
  const zero = text.indexOf('\0');
  if (zero >= 0) return syntaxError('a NUL byte stands here: this is no text', lineOf(text, zero), 'save it as UTF-8 text');
  let documents = 0;
  for (let at = text.indexOf('\n---'); at >= 0; at = text.indexOf('\n---', at + 1)) {
    documents += 1;
    if (documents > MOST_DOCUMENTS) {
      return syntaxError(
        `the file has more than ${MOST_DOCUMENTS} documents`,
        lineOf(text, at) + 1,
        'give them in more files, or as a List in JSON',
      );
    }
  }
  return undefined;
}

function readDocument(
  source: SourceText,
  file: string,
  decode: ObjectDecoder<AuditObject>,
  isNamed: boolean,
  budget: YamlBudget,
  reading: Reading,
): void {
  const raw = readDocuments(source, budget);
  const manifests = raw.filter((document) => budget.isSpent || isManifest(document, source));
  const strangers = raw.length - manifests.length;
  reading.strangers += strangers;
  if (strangers > 0 && isNamed) {
    const broken = raw.find((document) => document.type === 'broken');
    reading.problems.push(broken?.error ?? strangerError(placeOfFirst(raw, source)));
  }
  const found = decodeDocuments(manifests, decode);
  const template = raw.some(isOfProgram) ? undefined : findTemplate(source, found);
  if (template !== undefined) {
    if (!isOfReadKind(source.text)) reading.strangers += 1;
    else if (reading.template === undefined) reading.template = { line: template, count: 1 };
    else reading.template.count += 1;
    if (source.text.includes('NetworkPolicy')) reading.policiesComplete = false;
    return;
  }
  for (const one of found.objects) reading.objects.push(placeObject(one, file));
  for (const { kind, apiVersion } of found.skipped)
    reading.otherKinds.push(kind === 'NetworkPolicy' ? `${groupOf(apiVersion)} ${kind}` : kind);
  for (const told of found.problems) {
    const problem = withoutDoubt(told, source);
    if (problem.code === 'E_OBJECT_PARTIAL' && !isNamed) reading.strangers += 1;
    else if (!budget.isSpent || problem.code !== 'E_MANIFEST_SIZE' || !reading.isCutShort) reading.problems.push(problem);
    // One problem stands for all that is behind it.
    if (budget.isSpent && problem.code === 'E_MANIFEST_SIZE') {
      reading.isCutShort = true;
      reading.policiesComplete = false;
    }
  }
  if (!found.policiesComplete && mayHoldPolicy(source.text)) reading.policiesComplete = false;
}

/** Calico and others have kinds of the same name. */
function groupOf(apiVersion: string): string {
  return apiVersion.replace(/\/[^/]*$/, '');
}

/** What a program writes is no template, whatever texts it holds: a list, and a snapshot, which tells earlier problems too. */
function isOfProgram(document: RawDocument): boolean {
  if (document.type === 'broken') return false;
  const { value } = document;
  return isList(value) || (isRecord(value) && value['kind'] === SNAPSHOT_KIND);
}

/** Of a broken one the words tell, and the kinds that it names. */
function isManifest(document: RawDocument, source: SourceText): boolean {
  if (document.type === 'broken') return mayHoldObject(source.text) && isOfReadKind(source.text);
  const { value } = document;
  if (value === null || value === undefined) return true;
  if (!isRecord(value)) return false;
  const signs = [
    typeof value['apiVersion'] === 'string',
    typeof value['kind'] === 'string',
    isRecord(value['metadata']),
    Array.isArray(value['items']),
  ];
  return signs.filter(Boolean).length >= 2;
}

/** A text that cannot be read, and says of every object in it that it is something else, holds none. */
function mayHoldPolicy(text: string): boolean {
  return text.includes('NetworkPolicy') || !/^[ \t"-]*kind"?:[ \t]*["']?[A-Za-z]/m.test(text);
}

function withoutDoubt(problem: PosternError, { text }: SourceText): PosternError {
  const doubt = problem.message.indexOf('; if a NetworkPolicy stands');
  if (doubt < 0 || mayHoldPolicy(text)) return problem;
  const { code, message, at, mend } = problem;
  return new PosternError(code, message.slice(0, doubt), { at, ...(mend === undefined ? {} : { mend }) });
}

function placeObject({ object, place, source }: FoundObject<AuditObject>, file: string): PlacedObject<AuditObject> {
  const at = { file, line: place.line, column: place.column };
  if (object.kind === 'FoundSnapshot') return { object, at };
  const named = { ...at, object: titleOf(object) };
  if ((object.kind !== 'NetworkPolicy' && object.kind !== 'FoundRoute') || source === undefined) return { object, at: named };
  const locate = createLocator(file, source);
  return { object: { ...object, locate: (field) => ({ ...locate(field), object: named.object }) }, at: named };
}

function placeIn(file: string, problem: PosternError): PosternError {
  const { code, message, at, mend, cause } = problem;
  return new PosternError(code, message, { at: { ...at, file }, ...(mend === undefined ? {} : { mend }), cause });
}

function placeOfFirst(documents: readonly RawDocument[], source: SourceText): number {
  const [first] = documents;
  return first?.type === 'read' ? first.place.line : source.line;
}

function strangerError(line: number): PosternError {
  return new PosternError('E_OBJECT_KIND', 'what stands here is no object of Kubernetes', {
    at: { line },
    mend: 'give manifests, with apiVersion, kind and metadata',
  });
}

function syntaxError(message: string, line: number, mend: string): PosternError {
  return new PosternError('E_MANIFEST_SYNTAX', `${message}; if a NetworkPolicy stands in the file, it is not read`, { at: { line }, mend });
}

function lineOf(text: string, offset: number): number {
  return 1 + countLines(text.slice(0, offset));
}
