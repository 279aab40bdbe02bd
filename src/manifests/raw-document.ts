/** One document of a manifest after its syntax was read and before it is an object of the cluster. */

import { PosternError } from '../model/error.ts';
import type { Place, SourceText } from './source-text.ts';

export interface ReadDocument {
  readonly type: 'read';
  /** JSON as `JSON.parse` would give it; null for an empty document. */
  readonly value: unknown;
  readonly source: SourceText;
  /** Where its first key stands, behind comments and the `---` line. */
  readonly place: Place;
  /** The text of an element of its `items`, for a List. */
  readonly itemSource: (index: number) => SourceText;
  /** Of a List that is too long to be read as a whole: an element of its `items`, of which `value` has only the number. */
  readonly itemAt?: (index: number) => RawDocument;
}

export interface BrokenDocument {
  readonly type: 'broken';
  readonly error: PosternError;
}

export type RawDocument = ReadDocument | BrokenDocument;

/** Nothing that Kubernetes defines is deeper than a dozen levels; every walk over a document may recurse. */
const DEEPEST = 100;

/** Also true for a value that contains itself, through a YAML alias. */
export function isTooDeep(value: unknown, levels = DEEPEST): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((part) => isTooDeep(part, levels - 1));
}

/** `E_MANIFEST_SYNTAX`: nothing of the document is read, and the error says that a policy may be among it. */
export function breakDocument(source: SourceText, { line, column }: Place, message: string, mend: string): BrokenDocument {
  const loss = source.text.includes('NetworkPolicy')
    ? 'the NetworkPolicy in this document is not read'
    : 'if a NetworkPolicy stands in this document, it is not read';
  return { type: 'broken', error: new PosternError('E_MANIFEST_SYNTAX', `${message}; ${loss}`, { at: { line, column }, mend }) };
}
