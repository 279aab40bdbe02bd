/** Finds the files that the arguments of an audit mean: files, folders, patterns that no shell has expanded, and standard input. */

import { globSync, statSync, type Stats } from 'node:fs';
import { resolve } from 'node:path';
import { findManifests, isManifestName, type FoundFault } from '../../manifests/find-manifests.ts';
import { readError } from '../../manifests/read-file.ts';
import { PosternError } from '../../model/error.ts';

export const STANDARD_INPUT = '-';

export interface InputFile {
  /** `-` for standard input. */
  readonly path: string;
  /** Given by its own name, and so meant to be a manifest; else a folder or a pattern led to it. */
  readonly isNamed: boolean;
}

export interface InputFiles {
  readonly files: readonly InputFile[];
  /** `E_MANIFEST_READ` */
  readonly problems: readonly PosternError[];
}

/** Other people's packages: nobody audits them, and they are large. */
const LEFT_OUT = 'node_modules';

/** A file that is meant twice is there once. */
export function findInputFiles(paths: readonly string[]): InputFiles {
  const found = new Map<string, InputFile>();
  const problems: PosternError[] = [];
  const add = (path: string, isNamed: boolean): void => {
    const key = path === STANDARD_INPUT ? path : resolve(path);
    found.set(key, { path, isNamed: isNamed || found.get(key)?.isNamed === true });
  };
  const addFolder = (path: string): void => {
    const { files, faults } = findManifests(path, undefined, (name) => name === LEFT_OUT);
    for (const file of files) add(file.path, false);
    for (const fault of faults) if (!isDeadLink(fault)) problems.push(fault.error);
  };
  for (const path of paths) {
    if (path === STANDARD_INPUT) {
      add(path, true);
      continue;
    }
    const stats = look(path);
    if (!(stats instanceof PosternError)) {
      if (stats.isDirectory()) addFolder(path);
      else add(path, true);
      continue;
    }
    const matches = isPattern(path) ? globSync(path).toSorted() : [];
    if (matches.length === 0) problems.push(isPattern(path) ? noMatch(path) : stats);
    for (const match of matches) {
      const matched = look(match);
      if (matched instanceof PosternError) problems.push(matched);
      else if (matched.isDirectory()) addFolder(match);
      // `manifests/*` means the manifests there; `*.tpl` means what it says.
      else if (!path.endsWith('*') || isManifestName(match)) add(match, false);
    }
  }
  return { files: [...found.values()], problems };
}

function look(path: string): Stats | PosternError {
  try {
    return statSync(path);
  } catch (cause) {
    return readError(path, cause);
  }
}

/** A link that leads nowhere and would not lead to a manifest. */
function isDeadLink({ path, error }: FoundFault): boolean {
  const { cause } = error;
  return !isManifestName(path) && cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
}

function isPattern(path: string): boolean {
  return /[*?[\]{}]/.test(path);
}

function noMatch(path: string): PosternError {
  return new PosternError('E_MANIFEST_READ', 'no file matches the pattern; if a NetworkPolicy was meant, it is not read', {
    at: { file: path },
    mend: 'check the pattern, and the folder that it starts from',
  });
}
