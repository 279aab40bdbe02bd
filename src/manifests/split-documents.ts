/** Cuts a multi-document file at its `---` lines, so that one broken document leaves the others readable. */

import { copyText } from './source-text.ts';
import type { SourceText } from './source-text.ts';

/** In YAML a line that begins so ends the document even inside a quoted text; JSON cannot contain one. */
const MARKER = /^---(?=[ \t\r\n]|$)/gm;
/** A directive belongs to the document whose `---` follows it. */
const DIRECTIVE = /^%/m;
const BYTE_ORDER_MARK = '\ufeff';

/** At least one; each begins with its `---` line, except the first. */
export function splitDocuments(text: string): readonly SourceText[] {
  const body = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  const documents: SourceText[] = [];
  let start = 0;
  let line = 1;
  const cut = (end: number): void => {
    const piece = body.slice(start, end);
    documents.push({ text: piece.length === body.length ? piece : copyText(piece), line, column: 1 });
    line += countLines(piece);
    start = end;
  };
  for (const { index } of body.matchAll(MARKER)) {
    if (index > start && !DIRECTIVE.test(body.slice(start, index))) cut(index);
  }
  cut(body.length);
  return documents;
}

/** Line breaks. */
export function countLines(text: string): number {
  let count = 0;
  for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) count += 1;
  return count;
}
