/**
 * What a folder of manifests says now, file by file, reading again only what changed.
 *
 * A file in which anything cannot be read keeps its last good version as a whole, if it had one: to take its policies
 * away because of a slip of the pen, or because it is half written, would open what they close. This is the one place
 * where history counts, so it is loud: the problem says so, and the folder is not healthy until it is mended. A broken
 * file without a good version gives what can be read of it.
 */

import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { sep } from 'node:path';
import { PosternError } from '../model/error.ts';
import { findManifests } from './find-manifests.ts';
import type { FolderVisitor, FoundFault, FoundFile } from './find-manifests.ts';
import type { ManifestFile } from './manifests.ts';
import { parseManifestFile } from './parse-manifests.ts';
import type { DocumentCache } from './parse-manifests.ts';
import { decodeText, readError, unreadableFile } from './read-file.ts';

export interface FolderState {
  readonly files: readonly ManifestFile[];
  /** Names of the files that were read in this look. */
  readonly read: ReadonlySet<string>;
  /** Whether every file that is there could be read in full. */
  readonly healthy: boolean;
  /** Milliseconds after which to look again, for a file that seems to be in the middle of being written. */
  readonly lookAgain?: number;
}

interface KnownFile {
  /** Changes whenever the content may have; undefined where the clock is too coarse to be sure. */
  readonly stamp: string | undefined;
  readonly digest: string;
  readonly documents: DocumentCache;
  readonly good: ManifestFile | undefined;
  readonly now: ManifestFile;
}

/** Two writes within this time may leave one time stamp (file systems count in ticks of some milliseconds). */
const COARSEST_CLOCK_MS = 100;
/** An empty file that had objects is taken at its word only after this time: a shell empties a file before it writes it. */
const EMPTY_FOR_MS = 1000;

export class ManifestFolder {
  readonly #path: string;
  #known = new Map<string, KnownFile>();

  constructor(path: string) {
    this.#path = path;
  }

  /** With `settled` the caller vouches that nobody is in the middle of writing. */
  look(settled: boolean, visit: FolderVisitor): FolderState {
    const { files, faults } = findManifests(this.#path, visit);
    const next = new Map<string, KnownFile>();
    const read = new Set<string>();
    let lookAgain = false;
    for (const file of files) {
      const known = this.#known.get(file.path);
      if (known !== undefined && !settled && isBeingWritten(file.stats, known)) {
        next.set(file.path, known);
        lookAgain = true;
      } else if (known?.stamp !== undefined && known.stamp === stampOf(file.stats)) {
        next.set(file.path, known);
      } else {
        const fresh = readFile(file, known);
        if (fresh === undefined) continue;
        if (fresh.now !== known?.now) read.add(file.path);
        next.set(file.path, fresh);
      }
    }
    for (const [path, known] of this.#known) {
      if (!next.has(path) && faults.some((fault) => isBelow(path, fault.path))) next.set(path, known);
    }
    this.#known = next;
    return stateOf(next, faults, read, lookAgain);
  }
}

function stateOf(
  known: ReadonlyMap<string, KnownFile>,
  faults: readonly FoundFault[],
  read: ReadonlySet<string>,
  lookAgain: boolean,
): FolderState {
  const files = Array.from(known.values(), ({ now }) => now);
  // A link to nothing has the name of the file that it led to: the file keeps its place, the fault gets one of its own.
  const faulty = faults.map(({ path, error }) => unreadableFile(path, keeping(error, 'what was read there before stays in force')));
  return {
    files: [...files, ...faulty],
    read,
    healthy: faults.length === 0 && files.every(({ problems }) => problems.length === 0),
    ...(lookAgain ? { lookAgain: EMPTY_FOR_MS } : {}),
  };
}

/** Undefined where the file has just vanished. */
function readFile({ path, stats }: FoundFile, known: KnownFile | undefined): KnownFile | undefined {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    return { stamp: undefined, digest: '', documents: new Map(), ...settle(unreadableFile(path, readError(path, cause)), known) };
  }
  const stamp = stampOf(stats);
  const digest = hash('sha256', bytes, 'base64');
  if (known?.digest === digest) return { ...known, stamp };
  try {
    const { manifest, documents } = parseManifestFile(decodeText(bytes, path), path, known?.documents);
    return { stamp, digest, documents, ...settle(manifest, known) };
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    return { stamp, digest, documents: new Map(), ...settle(unreadableFile(path, error), known) };
  }
}

/** The version that holds: this one, or the last good one with this one's problems. */
function settle(read: ManifestFile, known: KnownFile | undefined): Pick<KnownFile, 'good' | 'now'> {
  if (read.problems.length === 0) return { good: read, now: read };
  const good = known?.good;
  if (good === undefined) return { good, now: read };
  const problems = read.problems.map((problem) => keeping(problem, "the file's last good version stays in force"));
  return { good, now: { ...good, problems, policiesComplete: read.policiesComplete } };
}

function keeping(problem: PosternError, what: string): PosternError {
  return new PosternError(problem.code, `${problem.message}; ${what}`, {
    at: problem.at,
    ...(problem.mend === undefined ? {} : { mend: problem.mend }),
    cause: problem.cause,
  });
}

function isBeingWritten(stats: Stats, known: KnownFile): boolean {
  return stats.size === 0 && known.now.objects.length > 0 && ageOf(stats) < EMPTY_FOR_MS;
}

function stampOf(stats: Stats): string | undefined {
  if (ageOf(stats) < COARSEST_CLOCK_MS) return undefined;
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
}

/** Milliseconds since the file changed; ctime, since mtime can be set at will. */
function ageOf(stats: Stats): number {
  return Date.now() - stats.ctimeMs;
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
