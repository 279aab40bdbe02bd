/** Cuts JSON that was written one text behind the other, as several kubectl commands in one pipe print it. */

import type { SourceText } from '../../manifests/source-text.ts';
import { countLines } from '../../manifests/split-documents.ts';

/** Within one JSON text a comma stands between the two, and a quoted text has no line breaks. */
const BETWEEN = /\}[ \t]*\r?\n\s*(?=\{)/g;

/** At least one. */
export function splitJson(source: SourceText): readonly SourceText[] {
  const { text } = source;
  if (!/^\s*\{/.test(text)) return [source];
  const pieces: SourceText[] = [];
  let start = 0;
  let { line, column } = source;
  for (const { index, 0: between } of text.matchAll(BETWEEN)) {
    const end = index + between.length;
    const piece = text.slice(start, end);
    pieces.push({ text: piece, line, column });
    line += countLines(piece);
    column = end - text.lastIndexOf('\n', end - 1);
    start = end;
  }
  return pieces.length === 0 ? [source] : [...pieces, { text: text.slice(start), line, column }];
}
