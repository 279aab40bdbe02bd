/** Finds the line of a field long after its manifest was read, from the object's own text alone. */

import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node } from 'yaml';
import type { Location } from '../model/error.ts';
import { indexPlaces } from './source-text.ts';
import type { Place, SourceText } from './source-text.ts';
import { parseYaml } from './yaml-document.ts';

/**
 * The place of `field` (`spec.ingress[0].from[1].ipBlock.cidr`, `metadata.labels["a.b/c"]`) or of its nearest ancestor
 * that is there. Errors are rare and texts small: the text is read again each time, and no syntax tree is kept.
 */
export function locateField(source: SourceText, field: string): Place {
  const found = offsetOfField(source, field);
  return found === undefined ? { line: source.line, column: source.column } : found;
}

/** `NetworkPolicyObject.locate`. */
export function createLocator(file: string, source: SourceText): (field: string) => Location {
  return (field) => ({ file, ...locateField(source, field), field });
}

function offsetOfField(source: SourceText, field: string): Place | undefined {
  // Block maps must stand at one column: the first line gets back the columns that it was cut from.
  const indent = source.column - 1;
  try {
    const [document] = parseYaml(' '.repeat(indent) + source.text);
    if (document === undefined) return undefined;
    const offset = walk(document, parseFieldPath(field)) - indent;
    return indexPlaces(source)(Math.max(0, offset));
  } catch {
    return undefined;
  }
}

function walk(document: Document.Parsed, path: readonly (string | number)[]): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node) && typeof step === 'string') {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number' && step < node.items.length) {
      node = node.items[step];
      offset = (node as Node | null)?.range?.[0] ?? offset;
    } else {
      break;
    }
  }
  return offset;
}

const STEP = /\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g;

/** `a.b[0]["c.d"]` → a, b, 0, c.d */
export function parseFieldPath(field: string): readonly (string | number)[] {
  return Array.from(field.matchAll(STEP), ([, index, quoted, name]) => {
    if (index !== undefined) return Number(index);
    return quoted === undefined ? (name ?? '') : (JSON.parse(quoted) as string);
  });
}
