/** Finds the configuration of an audit: the file that is named, or the nearest one upwards of a folder. */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { decodeText } from '../../manifests/read-file.ts';
import { PosternError } from '../../model/error.ts';
import { CONFIG_NAME, EMPTY_CONFIG } from './audit-config.ts';
import { parseConfig, type ParsedConfig } from './parse-config.ts';

export interface FoundConfig extends ParsedConfig {
  /** Undefined where there is none. */
  readonly file: string | undefined;
}

export interface FindConfigOptions {
  /** Given by the user. */
  readonly file?: string;
  /** Where the search begins; the working directory by default. */
  readonly from?: string;
  /** The ids of checks that there are. */
  readonly checks?: readonly string[];
}

/** `E_CONFIG` among the problems, or thrown where the file cannot be read. */
export function findConfig(options: FindConfigOptions = {}): FoundConfig {
  const file = options.file ?? searchUpwards(resolve(options.from ?? process.cwd()));
  if (file === undefined) return { file, config: EMPTY_CONFIG, problems: [] };
  return { file, ...parseConfig(readText(file), file, options.checks) };
}

function searchUpwards(folder: string): string | undefined {
  const file = join(folder, CONFIG_NAME);
  if (existsSync(file)) return file;
  const above = dirname(folder);
  return above === folder ? undefined : searchUpwards(above);
}

function readText(file: string): string {
  try {
    return decodeText(readFileSync(file), file);
  } catch (cause) {
    throw new PosternError('E_CONFIG', 'the configuration cannot be read', {
      at: { file },
      mend: 'check the path and its permissions, and save it as UTF-8',
      cause,
    });
  }
}
