/** A stretch of a manifest that remembers where in its file it stands. */

import { LineCounter } from 'yaml';

/** `text` begins at `line` and `column`, both counted from 1. */
export interface SourceText {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Gives the place of any offset of `source`; one pass over the text, then a search by halves. */
export function indexPlaces(source: SourceText): (offset: number) => Place {
  const lines = new LineCounter();
  for (let start = 0; start >= 0 && start <= source.text.length; start = nextLine(source.text, start)) lines.addNewLine(start);
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    return { line: source.line + line - 1, column: line === 1 ? source.column + col - 1 : col };
  };
}

export function cutSource(source: SourceText, start: number, end: number, placeOf: (offset: number) => Place): SourceText {
  return { text: source.text.slice(start, end), ...placeOf(start) };
}

/** A source whose text does not keep the file's alive. */
export function keepSource(source: SourceText): SourceText {
  return { ...source, text: copyText(source.text) };
}

/** A text of its own, for one that is kept: V8's slices keep the whole text alive that they were cut from. */
export function copyText(slice: string): string {
  return Buffer.from(slice, 'utf8').toString('utf8');
}

/** -1 after the last. */
function nextLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? -1 : end + 1;
}
