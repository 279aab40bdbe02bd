/** Reads a document that is JSON: the fast way in for long lists, as `kubectl get -o json` prints them. */

import { breakDocument, isTooDeep } from './raw-document.ts';
import type { RawDocument } from './raw-document.ts';
import { scanJson } from './scan-json.ts';
import { cutSource, indexPlaces } from './source-text.ts';
import type { SourceText } from './source-text.ts';

/** Undefined where the text is not JSON: it may be YAML, and its errors are told as YAML's. */
export function readJson(source: SourceText): RawDocument | undefined {
  if (!/^\s*\{/.test(source.text)) return undefined;
  const value = parse(source.text);
  if (value === undefined) return undefined;
  const scan = scanJson(source.text);
  const placeOf = indexPlaces(source);
  if (scan.duplicate !== undefined) {
    return breakDocument(source, placeOf(scan.duplicate), 'a key stands twice in one object', 'keep one of the two');
  }
  if (isTooDeep(value)) return breakDocument(source, source, 'the document is nested too deeply', 'write it flatter');
  const itemSource = (index: number): SourceText => {
    const range = scan.items[index];
    return range === undefined ? source : cutSource(source, range[0], range[1], placeOf);
  };
  return { type: 'read', value, source, place: placeOf(source.text.indexOf('{')), itemSource };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
