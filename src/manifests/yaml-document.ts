/** Reads YAML as Kubernetes means it: maps with text keys, no types of its own, and no surprises from anchors. */

import { isMap, isSeq, parseAllDocuments, Schema } from 'yaml';
import type { Document, Node } from 'yaml';
import { breakDocument, isTooDeep } from './raw-document.ts';
import type { RawDocument } from './raw-document.ts';
import { cutSource, indexPlaces } from './source-text.ts';
import type { Place, SourceText } from './source-text.ts';
import { weighNodes } from './weigh-nodes.ts';
import { YAML_1_1_TAGS } from './yaml-1-1.ts';

/** One for all documents: to build it takes as long as to read a small document. */
const MANIFESTS = new Schema({ schema: 'core', merge: true, resolveKnownTags: false, customTags: (tags) => [...YAML_1_1_TAGS, ...tags] });
const SETTINGS = new Schema({ schema: 'core', merge: true, resolveKnownTags: false });

/** `manifests` are read as kubectl reads them; in `settings` of our own `off` is a word. */
export type YamlDialect = 'manifests' | 'settings';

/** How often aliases may multiply what they stand for. */
const ALIAS_LIMIT = 100;
/** Each looks for its anchor among all of them. */
const MOST_ALIASES = 1000;

const MENDS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  TAG_RESOLVE_FAILED: 'leave the tag out',
};

/** All documents of `source`: more than one where `...` lines end them. */
export function readYaml(source: SourceText, dialect: YamlDialect = 'manifests'): readonly RawDocument[] {
  const placeOf = indexPlaces(source);
  try {
    const documents = parseYaml(source.text, dialect);
    const alone = documents.length === 1;
    return documents.map((document) => {
      const part = alone ? source : cutSource(source, document.range[0], document.range[2], placeOf);
      return readDocument(document, part, source, placeOf);
    });
  } catch (error) {
    return [breakDocument(source, source, `the YAML cannot be read: ${messageOf(error)}`, 'write it flatter')];
  }
}

/** With its errors in the documents; throws only where the nesting exhausts the stack. */
export function parseYaml(text: string, dialect: YamlDialect = 'manifests'): readonly Document.Parsed[] {
  // The library compares each key with all before it: that takes minutes for a hundred thousand.
  const schema = dialect === 'manifests' ? MANIFESTS : SETTINGS;
  return parseAllDocuments(text, { schema, stringKeys: true, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
}

/** Offsets of `document` are those of `whole`, of which `part` is its own stretch. */
function readDocument(document: Document.Parsed, part: SourceText, whole: SourceText, placeOf: (offset: number) => Place): RawDocument {
  // A warning is an unknown tag or directive: what it would do to the value nobody can tell.
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    return breakDocument(part, placeOf(fault.pos[0]), fault.message, MENDS[fault.code] ?? 'mend the YAML there');
  }
  const place = placeOf(document.contents?.range[0] ?? document.range[0]);
  const { duplicate, aliases } = weighNodes(document.contents);
  if (duplicate !== undefined) {
    return breakDocument(part, placeOf(duplicate), 'a key stands twice in one map', 'keep one of the two');
  }
  if (aliases > MOST_ALIASES) {
    return breakDocument(part, place, `it has ${aliases} aliases, of ${MOST_ALIASES} at most`, 'write the values out instead of aliases');
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: ALIAS_LIMIT });
    if (isTooDeep(value)) {
      return breakDocument(part, place, 'the document is nested too deeply', 'write it flatter, without aliases to itself');
    }
    const items = itemsOf(document);
    const itemSource = (index: number): SourceText => {
      const range = (items[index] as Node | null | undefined)?.range;
      return range ? cutSource(whole, range[0], range[1], placeOf) : part;
    };
    return { type: 'read', value, source: part, place, itemSource };
  } catch (error) {
    return breakDocument(part, place, `its aliases cannot be resolved: ${messageOf(error)}`, 'write the values out instead of aliases');
  }
}

function itemsOf(document: Document.Parsed): readonly unknown[] {
  const items = isMap(document.contents) ? document.contents.get('items', true) : undefined;
  return isSeq(items) ? items.items : [];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
