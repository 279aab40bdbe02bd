/**
 * Reads plain YAML fast. The parser that tells places and errors takes six times as long, so it is asked only where this one meets an error, or anything
 * of which two parsers might think differently: then the other's word counts.
 */

import { CORE_SCHEMA, load } from 'js-yaml';
import { isTooDeep, type ReadDocument } from '../../manifests/raw-document.ts';
import { isList } from '../../manifests/read-objects.ts';
import { differsInYaml11 } from '../../manifests/yaml-1-1.ts';
import type { Place, SourceText } from '../../manifests/source-text.ts';

/** Wherever in the text it stands, in a quoted text too: that costs time, not truth. */
const NOT_PLAIN = new RegExp(
  [
    // Anchors, aliases, tags, explicit and merged keys.
    /(?:^|[\s,[{:?-])[&*!]/,
    /(?:^|[\s,[{-])\?(?:\s|$)/,
    /<</,
    // Directives, ends of documents, and documents behind this one.
    /^(?:%|\.\.\.)/,
    /\n---|^ +---/,
    // Numbers that older YAML reads otherwise, and lists that begin behind their key.
    /(?:^|[\s,[{]|["']:)[-+]?0\d+(?=[\s,\]}:]|$)/,
    /: +-(?:\s|$)/,
    // What may or may not be a line break, or a letter.
    /[\t\u0085\u2028\u2029\ufeff]/,
    /\r(?!\n)/,
    /[^\n\r -~\u00a0-\ufffd]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'im',
);

const ODD_KEY = /^(?:[-+.\d].*|null|true|false|infinity|nan|)$/i;
const BEFORE_CONTENT = /(?:---(?=[ \r\n]|$))?(?:[ \r\n]+|#[^\n]*)*/y;

/** Undefined where it is not plain, or a List, the places of whose items are asked for. */
export function readPlainYaml(source: SourceText): ReadDocument | undefined {
  if (NOT_PLAIN.test(source.text)) return undefined;
  try {
    const value: unknown = load(source.text, { schema: CORE_SCHEMA });
    if (isList(value) || isTooDeep(value) || isOdd(value)) return undefined;
    return { type: 'read', value, source, place: placeOfContent(source), itemSource: () => source };
  } catch {
    return undefined;
  }
}

/** A key that may have been a number, a truth value or nothing before it became a text; a word that may be one; a number that is too large for one. */
function isOdd(value: unknown): boolean {
  if (typeof value === 'string') return differsInYaml11(value);
  if (typeof value === 'number') return !Number.isFinite(value);
  if (Array.isArray(value)) return value.some(isOdd);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, part]) => ODD_KEY.test(key) || isOdd(part));
}

/** Behind the marker, comments and empty lines. */
function placeOfContent({ text, line, column }: SourceText): Place {
  BEFORE_CONTENT.lastIndex = 0;
  const before = BEFORE_CONTENT.exec(text)?.[0] ?? '';
  const lines = before.split('\n');
  const last = lines.at(-1) ?? '';
  return { line: line + lines.length - 1, column: (lines.length === 1 ? column : 1) + last.length };
}
