/** Finds the line of a field long after its manifest was read, from the object's own text alone. */

import { findNodeAtLocation, parseTree, type Node as JsonNode } from 'jsonc-parser';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Document, Node } from 'yaml';
import type { Location } from '../model/error.ts';
import { indexPlaces } from './source-text.ts';
import type { Place, SourceText } from './source-text.ts';
import { parseYaml } from './yaml-document.ts';

/**
 * The place of `field` (`spec.ingress[0].from[1].ipBlock.cidr`, `metadata.labels["a.b/c"]`) or of its nearest ancestor
 * that is there. Errors are rare and texts small: of syntax trees only the latest is kept.
 */
export function locateField(source: SourceText, field: string): Place {
  const found = offsetOfField(source, field);
  return found === undefined ? { line: source.line, column: source.column } : found;
}

/** `NetworkPolicyObject.locate`. */
export function createLocator(file: string, source: SourceText): (field: string) => Location {
  return (field) => ({ file, ...locateField(source, field), field });
}

const JSON_TEXT = /^\{\s*"/;

function offsetOfField(source: SourceText, field: string): Place | undefined {
  const path = parseFieldPath(field);
  try {
    const offset = JSON_TEXT.test(source.text) ? offsetInJson(source.text, path) : offsetInYaml(source, path);
    return offset === undefined ? undefined : placesOf(source)(Math.max(0, offset));
  } catch {
    return undefined;
  }
}

/** YAML's reader takes very long over JSON without lines. */
function offsetInJson(text: string, path: readonly (string | number)[]): number | undefined {
  const root = readJson(text);
  for (let length = path.length; root !== undefined && length > 0; length -= 1) {
    const value = findNodeAtLocation(root, path.slice(0, length));
    // A field is where its key is.
    if (value !== undefined) return value.parent?.type === 'property' ? value.parent.offset : value.offset;
  }
  return root?.offset;
}

function offsetInYaml(source: SourceText, path: readonly (string | number)[]): number | undefined {
  // Block maps must stand at one column: the first line gets back the columns that it was cut from.
  const indent = source.column - 1;
  const document = readYaml(' '.repeat(indent) + source.text);
  return document === undefined ? undefined : walk(document, path) - indent;
}

/** Whoever asks for a field mostly asks for another of the same object next. */
function keepLatest<Given, Made>(make: (given: Given) => Made): (given: Given) => Made {
  let latest: { readonly given: Given; readonly made: Made } | undefined;
  return (given) => {
    if (latest?.given !== given) latest = { given, made: make(given) };
    return latest.made;
  };
}

const placesOf = keepLatest(indexPlaces);
const readJson = keepLatest((text: string): JsonNode | undefined => parseTree(text));
const readYaml = keepLatest((text: string): Document.Parsed | undefined => parseYaml(text)[0]);

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
