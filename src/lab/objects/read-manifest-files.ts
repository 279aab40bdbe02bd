/** Reads the files that a lab is made from: the objects as they are written, and everything that is wrong with them. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson } from '../../manifests/json-document.ts';
import { mergeManifests } from '../../manifests/manifests.ts';
import { parseManifestFile } from '../../manifests/parse-manifests.ts';
import { splitDocuments } from '../../manifests/split-documents.ts';
import type { SourceText } from '../../manifests/source-text.ts';
import { readYaml } from '../../manifests/yaml-document.ts';
import { formatError, PosternError } from '../../model/error.ts';
import { parsePolicy } from '../../policy/parse-policy.ts';
import type { Policy } from '../../policy/policy.ts';
import { isLabKind, record } from './raw-object.ts';
import type { RawObject } from '../types.ts';

export interface LabManifests {
  readonly objects: readonly RawObject[];
  /** One line each: objects that a lab passes over, what is wrong with policies that are taken all the same. */
  readonly warnings: readonly string[];
}

/** Folders stand for the .yaml, .yml and .json files in them. `E_LAB_MANIFEST` lists what cannot be read. */
export async function readManifestFiles(paths: readonly string[]): Promise<LabManifests> {
  const files = (await Promise.all(paths.map(listFiles))).flat();
  const texts = await Promise.all(files.map(async (file) => ({ file, text: await readText(file) })));
  const merged = mergeManifests(texts.map(({ file, text }) => parseManifestFile(text, file).manifest));
  if (merged.problems.length > 0) {
    throw new PosternError(
      'E_LAB_MANIFEST',
      `these manifests cannot be used:\n${merged.problems.map((problem) => `  ${formatError(problem)}`).join('\n')}`,
    );
  }
  const policies = merged.objects.filter((object) => object.kind === 'NetworkPolicy');
  const wrong = policies
    .map(parsePolicy)
    .flatMap((policy) => policy.problems.map((problem) => `${formatError(problem)}${outcomeOf(policy)}`));
  const skipped = merged.skipped.map(({ object, at }) => `${at.file}:${at.line}: ${object}: a lab does not run this kind`);
  return { objects: texts.flatMap(({ text }) => rawObjects(text)), warnings: [...wrong, ...skipped] };
}

function outcomeOf({ valid, subject }: Policy): string {
  if (subject === undefined) return '; nobody can tell which pods it is for, so it selects none';
  return valid ? '' : '; the policy isolates its pods and allows nothing';
}

function rawObjects(text: string): readonly RawObject[] {
  return splitDocuments(text)
    .flatMap((document) => documentValues(document))
    .flatMap((value) => (Array.isArray(value['items']) ? value['items'].map((item) => withListKind(record(item), value)) : [value]))
    .filter((value) => isLabKind(value['kind']));
}

function documentValues(document: SourceText): readonly RawObject[] {
  const json = readJson(document);
  const documents = json === undefined ? readYaml(document) : [json];
  return documents.flatMap((read) => (read.type === 'read' ? [record(read.value)] : []));
}

/** The items of a PodList need not say that they are Pods. */
function withListKind(item: RawObject, list: RawObject): RawObject {
  const kind = String(list['kind']).replace(/List$/, '');
  return kind === '' ? item : { apiVersion: list['apiVersion'], kind, ...item };
}

async function listFiles(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new PosternError('E_LAB_FILE', `${path} cannot be read: ${(cause as Error).message}`, { cause });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name) && !name.startsWith('.'));
  return names.toSorted().map((name) => join(path, name));
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new PosternError('E_LAB_FILE', `${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
