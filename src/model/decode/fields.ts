/** Reads one field of unknown JSON at a time; what is absent, null or empty is absent, as Go encodes it. */

import { PosternError } from '../error.ts';
import { parseAddress } from '../ip.ts';
import type { Address } from '../ip.ts';
import type { Labels } from '../labels.ts';
import { PROTOCOLS } from '../verdict.ts';
import type { Protocol } from '../verdict.ts';

export type JsonRecord = Readonly<Record<string, unknown>>;

const NO_RECORD: JsonRecord = Object.freeze({});
const NO_LIST: readonly unknown[] = Object.freeze([]);

/** `E_OBJECT_FIELD` at a field of the object that is being decoded. */
export function fieldError(field: string, message: string, mend: string, cause?: unknown): PosternError {
  return new PosternError('E_OBJECT_FIELD', message, { at: { field }, mend, cause });
}

/** A word for what stands there, for messages: `the number 7`, `a list`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'number' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  return 'an object';
}

/** What stood there may have been another word. */
export const QUOTE_BOOLEAN = 'put it in quotes: true, yes, on and y are no texts without them, nor are false, no, off and n';

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Empty where absent, so that a path of optional records reads without questions. */
export function recordAt(parent: JsonRecord, key: string, path: string): JsonRecord {
  const value = parent[key];
  if (value === undefined || value === null) return NO_RECORD;
  if (isRecord(value)) return value;
  throw fieldError(path, `${describeValue(value)} stands where an object is needed`, 'write its fields below it, indented');
}

export function listAt(parent: JsonRecord, key: string, path: string): readonly unknown[] {
  const value = parent[key];
  if (value === undefined || value === null) return NO_LIST;
  if (Array.isArray(value)) return value as readonly unknown[];
  throw fieldError(path, `${describeValue(value)} stands where a list is needed`, 'begin each item with "- "');
}

/** The items of a list of objects; an item that is no object is an error. */
export function recordsAt(parent: JsonRecord, key: string, path: string): readonly JsonRecord[] {
  const items = listAt(parent, key, path);
  for (const [index, item] of items.entries()) {
    if (!isRecord(item)) {
      throw fieldError(`${path}[${index}]`, `${describeValue(item)} stands where an object is needed`, 'write its fields below it');
    }
  }
  return items as readonly JsonRecord[];
}

/** Undefined for an empty text too. */
export function textAt(parent: JsonRecord, key: string, path: string): string | undefined {
  const value = parent[key];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  throw textError(path, value);
}

export function textsAt(parent: JsonRecord, key: string, path: string): readonly string[] {
  const items = listAt(parent, key, path);
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'string') throw textError(`${path}[${index}]`, item);
  }
  return items as readonly string[];
}

export function flagAt(parent: JsonRecord, key: string, path: string): boolean | undefined {
  const value = parent[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw fieldError(path, `${describeValue(value)} is neither true nor false`, 'write true or false, without quotes');
}

/** A port number, 1 to 65535; undefined where absent. */
export function portAt(parent: JsonRecord, key: string, path: string): number | undefined {
  const value = parent[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535) return value;
  throw fieldError(path, `${describeValue(value)} is not a port number`, 'write a whole number from 1 to 65535, without quotes');
}

/** One of `allowed`, spelled exactly so; undefined where absent. */
export function choiceAt<T extends string>(parent: JsonRecord, key: string, path: string, allowed: readonly T[]): T | undefined {
  const value = textAt(parent, key, path);
  if (value === undefined) return undefined;
  if ((allowed as readonly string[]).includes(value)) return value as T;
  throw fieldError(path, `${describeValue(value)} is not known here`, `write one of ${allowed.join(', ')}`);
}

export function protocolAt(parent: JsonRecord, path: string): Protocol {
  return choiceAt(parent, 'protocol', path, PROTOCOLS) ?? 'TCP';
}

const RFC3339 = /^(\d{4}-\d\d-(\d\d))T\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** RFC 3339, as metav1.Time is written, in milliseconds since the epoch. */
export function timeAt(parent: JsonRecord, key: string, path: string): number | undefined {
  const text = textAt(parent, key, path);
  if (text === undefined) return undefined;
  const [, date, day] = RFC3339.exec(text) ?? [];
  const time = Date.parse(text);
  if (date !== undefined && !Number.isNaN(time) && (Number(day) <= 28 || isCalendarDate(date))) return time;
  throw fieldError(path, `${describeValue(text)} is not a time`, 'write it as 2026-01-31T12:00:00Z');
}

/** Date.parse takes 30 February for 2 March. */
function isCalendarDate(date: string): boolean {
  return new Date(`${date}T00:00:00Z`).toISOString().startsWith(date);
}

/** A map from text to text, such as labels or annotations. */
export function textMapAt(parent: JsonRecord, key: string, path: string): Labels {
  const map = recordAt(parent, key, path);
  for (const name in map) {
    const value = map[name];
    if (typeof value !== 'string') throw textError(`${path}[${JSON.stringify(name)}]`, value);
  }
  return map as Labels;
}

/** `path` is the field of this one text. */
export function decodeAddress(text: string, path: string): Address {
  try {
    return parseAddress(text);
  } catch (cause) {
    if (!(cause instanceof PosternError)) throw cause;
    throw fieldError(path, cause.message, cause.mend ?? 'write an IP address', cause);
  }
}

export function addressesAt(parent: JsonRecord, key: string, path: string): readonly Address[] {
  return textsAt(parent, key, path).map((text, index) => decodeAddress(text, `${path}[${index}]`));
}

function textError(path: string, value: unknown): PosternError {
  return fieldError(path, `${describeValue(value)} stands where a text is needed`, textMend(value));
}

function textMend(value: unknown): string {
  if (typeof value === 'number') return `put it in quotes: "${value}"`;
  return typeof value === 'boolean' ? QUOTE_BOOLEAN : 'write a text, in quotes if in doubt';
}
