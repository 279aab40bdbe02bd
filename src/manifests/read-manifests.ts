/** Reads manifests once, from files, folders and standard input: what the commands do with their FILE arguments. */

import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { PosternError } from '../model/error.ts';
import { findManifests } from './find-manifests.ts';
import { mergeManifests } from './manifests.ts';
import type { ManifestFile, Manifests } from './manifests.ts';
import { parseManifestFile } from './parse-manifests.ts';
import { decodeText, readError, unreadableFile } from './read-file.ts';

const STANDARD_INPUT = '-';

export interface ReadOptions {
  /** What `-` reads; the process's own by default. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/**
 * Folders are read with their subfolders (`*.yaml`, `*.yml`, `*.json`), `-` is standard input, a path given twice counts
 * once. Never throws for bad input: beside the problems of `parseManifests` there is `E_MANIFEST_READ`.
 */
export async function readManifests(paths: readonly string[], options: ReadOptions = {}): Promise<Manifests> {
  const files = new Map<string, ManifestFile>();
  for (const path of paths) {
    if (path === STANDARD_INPUT) {
      if (!files.has(path)) files.set(path, await readStandardInput(options.stdin ?? process.stdin));
      continue;
    }
    for (const file of readPath(path)) files.set(resolve(file.file), file);
  }
  return mergeManifests([...files.values()]);
}

function readPath(path: string): readonly ManifestFile[] {
  try {
    if (!statSync(path).isDirectory()) return [readManifestFile(path)];
  } catch (cause) {
    return [unreadableFile(path, readError(path, cause))];
  }
  const { files, faults } = findManifests(path);
  return [...faults.map((fault) => unreadableFile(fault.path, fault.error)), ...files.map((file) => readManifestFile(file.path))];
}

function readManifestFile(path: string): ManifestFile {
  return readWith(path, () => readFileSync(path));
}

async function readStandardInput(stdin: AsyncIterable<Uint8Array>): Promise<ManifestFile> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(chunk);
  return readWith('<stdin>', () => Buffer.concat(chunks));
}

function readWith(file: string, read: () => Uint8Array): ManifestFile {
  try {
    return parseManifestFile(decodeText(read(), file), file).manifest;
  } catch (error) {
    return unreadableFile(file, error instanceof PosternError ? error : readError(file, error));
  }
}
