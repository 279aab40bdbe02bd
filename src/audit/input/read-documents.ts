/** Reads the syntax of one document of a manifest within bounds of time and memory, however long and however hostile it is. */

import { readJson } from '../../manifests/json-document.ts';
import type { BrokenDocument, RawDocument } from '../../manifests/raw-document.ts';
import type { SourceText } from '../../manifests/source-text.ts';
import { readYaml } from '../../manifests/yaml-document.ts';
import { PosternError } from '../../model/error.ts';
import { cutJsonList } from './cut-json-list.ts';
import { cutYamlList } from './cut-yaml-list.ts';
import { readPlainYaml } from './read-plain-yaml.ts';
import { TOO_DEEP, weighYaml } from './weigh-yaml.ts';

export interface YamlBudget {
  /** Characters of YAML that may still be read of a file; a plain one counts less. */
  left: number;
  /** Something was not read because there was none left. */
  isSpent: boolean;
}

/** How much faster plain YAML is read. */
const PLAIN_FACTOR = 5;

/** From here on it is worth the while to look for a List. */
const LONG = 128 << 10;
/** Of one YAML object, in characters. */
const LONGEST_YAML = 8 << 20;
/** From here on a document is weighed even where it may be plain: to find the place of a field takes the other parser. */
const HEAVY = 1 << 20;
const LONGEST_MESSAGE = 300;

/** Never throws for bad input. A message is as long as a line or two, whatever the text. */
export function readDocuments(source: SourceText, budget: YamlBudget): readonly RawDocument[] {
  if (source.text.length > LONG) {
    const list = cutJsonList(source) ?? cutYaml(source, budget);
    if (list !== undefined) return [list];
  }
  const json = readJson(source);
  return (json === undefined ? readYamlInBounds(source, budget) : [json]).map(shorten);
}

function cutYaml(source: SourceText, budget: YamlBudget): RawDocument | undefined {
  if (source.text.length > budget.left * PLAIN_FACTOR) return undefined;
  return cutYamlList(source, (item) => {
    const [document, ...more] = readYamlInBounds(item, budget);
    if (document !== undefined && more.length === 0) return shorten(document);
    return refuse(item, 'an item of the List is more than one document, or none', 'mend the YAML there');
  });
}

function readYamlInBounds(source: SourceText, budget: YamlBudget): readonly RawDocument[] {
  const plain = readPlain(source, budget);
  if (plain !== undefined) return [plain];
  const weight = weigh(source.text, budget);
  if (weight === undefined) {
    budget.left -= source.text.length;
    return readYaml(source);
  }
  if (/^\s*\{/.test(source.text)) return [refuseJson(source)];
  return [refuseSize(source, weight)];
}

function readPlain(source: SourceText, budget: YamlBudget): RawDocument | undefined {
  const cost = source.text.length / PLAIN_FACTOR;
  if (source.text.length > LONGEST_YAML || cost > budget.left) return undefined;
  if (source.text.length > HEAVY && weighYaml(source.text) !== undefined) return undefined;
  const plain = readPlainYaml(source);
  if (plain !== undefined) budget.left -= cost;
  return plain;
}

function weigh(text: string, budget: YamlBudget): string | undefined {
  if (text.length > budget.left) {
    budget.isSpent = true;
    return 'from here on the file has more YAML than can be read in a reasonable time';
  }
  if (text.length > LONGEST_YAML) return `the document has ${text.length >> 20} MiB, which is too much for one of YAML`;
  return weighYaml(text);
}

/** What is so long and begins so is meant as JSON. */
function refuseJson(source: SourceText): BrokenDocument {
  try {
    JSON.parse(source.text);
    return refuse(source, 'the document cannot be read', 'give it as more documents');
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const line = Number(/\(line (\d+) column/.exec(message)?.[1] ?? 1);
    return refuse({ ...source, line: source.line + line - 1 }, `it is not JSON: ${message}`, 'mend the JSON there');
  }
}

function refuseSize({ line, column }: SourceText, weight: string): BrokenDocument {
  const error = new PosternError('E_MANIFEST_SIZE', `${weight}; it is not read`, {
    at: { line, column },
    mend: weight === TOO_DEEP ? 'write it flatter' : 'give it as JSON, which is read many times faster: kubectl get … -o json',
  });
  return { type: 'broken', error };
}

function refuse({ line, column }: SourceText, message: string, mend: string): BrokenDocument {
  return { type: 'broken', error: new PosternError('E_MANIFEST_SYNTAX', message, { at: { line, column }, mend }) };
}

function shorten(document: RawDocument): RawDocument {
  if (document.type === 'read' || document.error.message.length <= LONGEST_MESSAGE) return document;
  const { code, message, at, mend } = document.error;
  const short = `${message.slice(0, LONGEST_MESSAGE)}…`;
  return { type: 'broken', error: new PosternError(code, short, { at, ...(mend === undefined ? {} : { mend }) }) };
}
