/** Reads a long List in YAML, as kubectl prints it, one item at a time: a syntax tree of the whole takes a hundred times the memory of its text. */

import type { RawDocument, ReadDocument } from '../../manifests/raw-document.ts';
import { isList } from '../../manifests/read-objects.ts';
import type { SourceText } from '../../manifests/source-text.ts';
import { countLines } from '../../manifests/split-documents.ts';
import { readYaml } from '../../manifests/yaml-document.ts';

interface Cut {
  readonly items: readonly SourceText[];
  /** What stands before the items and behind them, with a number in the place of each. */
  readonly rest: string;
}

/** `readOne` reads an item. Undefined where it is no List whose items are written each on lines of their own. */
export function cutYamlList(source: SourceText, readOne: (item: SourceText) => RawDocument): ReadDocument | undefined {
  const cut = cutItems(source);
  if (cut === undefined) return undefined;
  const [document, ...more] = readYaml({ ...source, text: cut.rest });
  if (document?.type !== 'read' || more.length > 0 || !isList(document.value)) return undefined;
  const { items } = document.value;
  if (!Array.isArray(items) || items.length !== cut.items.length) return undefined;
  const itemSource = (index: number): SourceText => cut.items[index] ?? source;
  return {
    type: 'read',
    value: document.value,
    source: { text: '', line: source.line, column: source.column },
    place: source,
    itemSource,
    itemAt: (index) => readOne(itemSource(index)),
  };
}

const ITEMS = /^items:[ \t]*(?:#[^\n]*)?\r?\n/m;
/** A line that says something: its indentation, and whether it begins an item. */
const LINE = /^( *)(?:(-)(?=[ \t\r\n]|$)|[^\s#])/;
const LONGEST_INDENT = 200;

/** No text within an item stands as far to the left as its `-`: YAML has even the lines of quoted texts indented. */
function cutItems({ text, line: firstLine }: SourceText): Cut | undefined {
  const head = ITEMS.exec(text);
  if (head === null) return undefined;
  const begin = head.index + head[0].length;
  const starts: { readonly offset: number; readonly line: number }[] = [];
  let indent: number | undefined;
  let line = firstLine + countLines(text.slice(0, begin));
  let end = text.length;
  for (let offset = begin; offset < text.length; line += 1) {
    const next = text.indexOf('\n', offset) + 1 || text.length;
    const said = sayingOf(text, offset, next);
    if (said !== undefined) {
      indent ??= said.isItem ? said.indent : undefined;
      if (indent === undefined) return undefined;
      if (said.isItem && said.indent === indent) starts.push({ offset, line });
      else if (said.indent <= indent) {
        end = offset;
        break;
      }
    }
    offset = next;
  }
  const column = indent ?? 0;
  const items = starts.map((start, index): SourceText => {
    const dash = start.offset + column;
    // The dash becomes a space, so that all columns stay.
    const piece = text.slice(dash + 1, starts[index + 1]?.offset ?? end);
    return { text: `${' '.repeat(column + 1)}${piece}`, line: start.line, column: 1 };
  });
  const numbers = `${' '.repeat(column)}- 0\n`.repeat(items.length);
  return { items, rest: text.slice(0, begin) + numbers + text.slice(end) };
}

/** Undefined for a line that says nothing. One that begins behind so many spaces is within an item, whatever it says. */
function sayingOf(text: string, start: number, end: number): { readonly indent: number; readonly isItem: boolean } | undefined {
  const [, spaces, dash] = LINE.exec(text.slice(start, Math.min(end, start + LONGEST_INDENT))) ?? [];
  return spaces === undefined ? undefined : { indent: spaces.length, isItem: dash !== undefined };
}
