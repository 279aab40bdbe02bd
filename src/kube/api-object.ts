/** The JSON of the API as far as every resource has it: an object's name and version, and the message of a Status (meta/v1). */

import { isRecord, recordAt, textAt, type JsonRecord } from '../model/decode/fields.ts';

export function parseRecord(text: string): JsonRecord {
  const value: unknown = JSON.parse(text);
  if (!isRecord(value)) throw new SyntaxError('no JSON object');
  return value;
}

/** As `objectKey` gives it, without decoding the rest. */
export function keyOf(object: JsonRecord): string {
  const metadata = recordAt(object, 'metadata', 'metadata');
  const name = textAt(metadata, 'name', 'metadata.name') ?? '';
  const namespace = textAt(metadata, 'namespace', 'metadata.namespace');
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Of an object or a list. */
export function versionOf(object: JsonRecord): string {
  return textAt(recordAt(object, 'metadata', 'metadata'), 'resourceVersion', 'metadata.resourceVersion') ?? '';
}

/** What a Status says; else the text's beginning. */
export function messageOf(text: string): string {
  try {
    const status = parseRecord(text);
    if (typeof status['message'] === 'string') return status['message'];
  } catch {
    // Some proxy's own page.
  }
  return text.slice(0, 200);
}
