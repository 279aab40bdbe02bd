/** The folder of CNI configurations: puts our entry into the one that the container runtime uses, and takes it out of all. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PosternError } from '../model/error.ts';
import { addEntry, hasEntry, removeEntry, wrapInList, type PluginEntry } from './plugin-list.ts';
import { readConfig, type ConfigFile, removeFile, replaceFile } from './config-file.ts';

/** What runtimes read, in the order of names; the first that is usable counts. */
const CONFIGS = /\.(?:conf|conflist|json)$/;
/** Of the list that stands for a configuration of one plugin. It must sort before it; the configuration itself is never touched. */
const DERIVED = '.0-postern.conflist';

export interface Installed {
  /** That has our entry; `undefined`: there is none to which it could be added. */
  readonly file: string | undefined;
  /** Something was written. */
  readonly changed: boolean;
  /** Configurations that the runtime cannot use either. */
  readonly problems: readonly PosternError[];
}

/** Idempotent. Throws `E_CNI_FOLDER`, `E_CNI_WRITE`. */
export function installEntry(folder: string, entry: PluginEntry): Installed {
  const { derived, others } = listConfigs(folder);
  const problems: PosternError[] = [];
  let chosen: string | undefined;
  let changed = false;
  for (const name of others) {
    const path = join(folder, name);
    try {
      const config = readConfig(path);
      if (chosen !== undefined) changed = takeOut(name, config) || changed;
      else if (isList(name)) {
        changed = write(config, addEntry(config.text, entry)) || changed;
        chosen = name;
      } else {
        const list = derivedFrom(name);
        changed = writeDerived(join(folder, list), config, wrapInList(config.text, entry)) || changed;
        chosen = list;
      }
    } catch (error) {
      problems.push(placed(error, path));
    }
  }
  for (const name of derived.filter((other) => other !== chosen)) {
    removeFile(join(folder, name));
    changed = true;
  }
  return { file: chosen, changed, problems };
}

/** Names of the files that were changed or removed, and what stood in the way of others. Throws `E_CNI_FOLDER`, `E_CNI_WRITE`. */
export function removeEntries(folder: string): { readonly changed: readonly string[]; readonly problems: readonly PosternError[] } {
  const { derived, others } = listConfigs(folder);
  const problems: PosternError[] = [];
  const edited = others.filter((name) => {
    const path = join(folder, name);
    try {
      return takeOut(name, readConfig(path));
    } catch (error) {
      const problem = placed(error, path);
      // What is no list of plugins holds nothing of ours.
      if (problem.code !== 'E_CNI_CONFIG') problems.push(problem);
      return false;
    }
  });
  for (const name of derived) removeFile(join(folder, name));
  return { changed: [...edited, ...derived], problems };
}

export function noConfiguration(folder: string, mend: string): PosternError {
  return new PosternError('E_CNI_NONE', 'there is no CNI configuration to which the plugin could be added', { at: { file: folder }, mend });
}

function listConfigs(folder: string): { readonly derived: readonly string[]; readonly others: readonly string[] } {
  try {
    const names = readdirSync(folder, { withFileTypes: true })
      .filter((item) => !item.isDirectory() && CONFIGS.test(item.name))
      .map(({ name }) => name)
      .toSorted();
    return { derived: names.filter((name) => name.endsWith(DERIVED)), others: names.filter((name) => !name.endsWith(DERIVED)) };
  } catch (cause) {
    throw new PosternError('E_CNI_FOLDER', `cannot read the folder of CNI configurations: ${String(cause)}`, {
      at: { file: folder },
      mend: "name the container runtime's folder, mostly /etc/cni/net.d",
      cause,
    });
  }
}

function isList(name: string): boolean {
  return name.endsWith('.conflist');
}

/** `10-net.conf` → `10-net.0-postern.conflist` */
function derivedFrom(name: string): string {
  return name.replace(/\.[^.]+$/, DERIVED);
}

function takeOut(name: string, config: ConfigFile): boolean {
  if (!isList(name) || !hasEntry(config.text)) return false;
  return write(config, removeEntry(config.text));
}

function write(config: ConfigFile, text: string): boolean {
  if (text === config.text) return false;
  replaceFile(config, text);
  return true;
}

function writeDerived(path: string, origin: ConfigFile, text: string): boolean {
  const before = readConfig(path, origin);
  return write(before, text);
}

function placed(error: unknown, file: string): PosternError {
  if (!(error instanceof PosternError)) throw error;
  return new PosternError(error.code, error.message, {
    at: { file },
    cause: error.cause,
    ...(error.mend === undefined ? {} : { mend: error.mend }),
  });
}
