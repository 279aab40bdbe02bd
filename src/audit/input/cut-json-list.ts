/** Reads a long JSON List one item at a time: as a whole its values take many times the memory of its text. */

import { breakDocument, isTooDeep, type RawDocument, type ReadDocument } from '../../manifests/raw-document.ts';
import { isList } from '../../manifests/read-objects.ts';
import { scanJson } from '../../manifests/scan-json.ts';
import type { Place, SourceText } from '../../manifests/source-text.ts';

interface Item {
  readonly start: number;
  readonly end: number;
  readonly place: Place;
}

/** Undefined where it is no List, or not JSON, or has an error that is not an item's own. */
export function cutJsonList(source: SourceText): ReadDocument | undefined {
  if (!/^\s*\{/.test(source.text)) return undefined;
  const ranges = scanItems(source.text);
  if (ranges === undefined) return undefined;
  const value = parse(leaveOut(source.text, ranges));
  if (!isList(value) || !Array.isArray(value['items'])) return undefined;
  const items = placeItems(source, ranges);
  const itemSource = (index: number): SourceText => sliceItem(source, items[index]);
  return {
    type: 'read',
    value,
    source: { text: '', line: source.line, column: source.column },
    place: source,
    itemSource,
    itemAt: (index) => readItem(itemSource(index), items[index] === undefined),
  };
}

type Ranges = readonly (readonly [start: number, end: number] | undefined)[];

function scanItems(text: string): Ranges | undefined {
  try {
    const { duplicate, items } = scanJson(text);
    return duplicate === undefined ? items : undefined;
  } catch {
    return undefined;
  }
}

/** The text with a number in the place of each item: it is valid just where all but the items is. */
function leaveOut(text: string, ranges: Ranges): string {
  let rest = '';
  let end = 0;
  for (const range of ranges) {
    if (range === undefined) continue;
    rest += `${text.slice(end, range[0])}0`;
    end = range[1];
  }
  return rest + text.slice(end);
}

function placeItems(source: SourceText, ranges: Ranges): readonly (Item | undefined)[] {
  let line = source.line;
  /** Offset at which the line begins, were the first one whole. */
  let lineStart = 1 - source.column;
  let next = source.text.indexOf('\n');
  return Array.from(ranges, (range) => {
    if (range === undefined) return undefined;
    while (next >= 0 && next < range[0]) {
      line += 1;
      lineStart = next + 1;
      next = source.text.indexOf('\n', next + 1);
    }
    return { start: range[0], end: range[1], place: { line, column: range[0] - lineStart + 1 } };
  });
}

function sliceItem({ text, line, column }: SourceText, item: Item | undefined): SourceText {
  return item === undefined ? { text: '', line, column } : { text: text.slice(item.start, item.end), ...item.place };
}

function readItem(source: SourceText, isNoObject: boolean): RawDocument {
  if (isNoObject)
    return breakDocument(source, source, 'an item of the List is no object', 'write an object with apiVersion, kind and metadata');
  const value = parse(source.text);
  if (value === undefined) return breakDocument(source, source, 'this item of the List is not JSON', 'mend the JSON there');
  if (isTooDeep(value)) return breakDocument(source, source, 'the item is nested too deeply', 'write it flatter');
  return { type: 'read', value, source, place: source, itemSource: () => source };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
