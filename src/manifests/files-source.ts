/** The cluster's state from a folder of manifests with status: watched, and told as the fewest events that bring it about. */

import { statSync } from 'node:fs';
import { formatError, PosternError } from '../model/error.ts';
import type { ObservedSource, SourceSink } from '../model/source.ts';
import { FolderWatch } from './folder-watch.ts';
import { ManifestFolder } from './manifest-folder.ts';
import { mergeManifests } from './manifests.ts';
import { ToldObjects } from './told-objects.ts';

export interface FilesSourceOptions {
  /** Milliseconds between looks that nothing asked for: the net under lost watch events. 5000 by default. */
  readonly rescanEvery?: number;
}

/** Changes that follow each other this closely are one; a file is mostly written in less. */
const QUIET_MS = 8;
/** No change waits longer than this for quiet. */
const LONGEST_WAIT_MS = 20;
const RESCAN_EVERY_MS = 5000;

/** Throws (from `run`) `E_MANIFEST_FOLDER` where `directory` is no folder. Files should change by rename. */
export function filesSource(directory: string, options: FilesSourceOptions = {}): ObservedSource {
  return new WatchedFolderSource(directory, options.rescanEvery ?? RESCAN_EVERY_MS);
}

class WatchedFolderSource implements ObservedSource {
  readonly #directory: string;
  readonly #rescanEvery: number;
  readonly #folder: ManifestFolder;
  readonly #told = new ToldObjects();
  readonly #watch: FolderWatch;
  #sink: SourceSink | undefined;
  #fail: (error: unknown) => void = () => undefined;
  #healthy = false;
  #problems: readonly PosternError[] = [];
  /** The texts of `#problems`. */
  #known: ReadonlySet<string> = new Set();
  #timer: NodeJS.Timeout | undefined;
  /** When the first change came that no look has seen yet. */
  #changedAt: number | undefined;
  #watchFailed = false;

  constructor(directory: string, rescanEvery: number) {
    this.#directory = directory;
    this.#rescanEvery = rescanEvery;
    this.#folder = new ManifestFolder(directory);
    this.#watch = new FolderWatch(
      () => this.#lookSoon(),
      (folder, cause) => this.#tellWatchFailure(folder, cause),
    );
  }

  get healthy(): boolean {
    return this.#healthy;
  }

  get problems(): readonly PosternError[] {
    return this.#problems;
  }

  async run(sink: SourceSink, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    checkFolder(this.#directory);
    const stopped = Promise.withResolvers<void>();
    const stop = (): void => stopped.resolve();
    signal.addEventListener('abort', stop, { once: true });
    this.#sink = sink;
    this.#fail = stopped.reject;
    const net = setInterval(() => this.#lookSafely(), this.#rescanEvery);
    try {
      this.#look(false);
      sink.synced();
      await stopped.promise;
    } finally {
      signal.removeEventListener('abort', stop);
      clearInterval(net);
      clearTimeout(this.#timer);
      this.#watch.close();
      this.#sink = undefined;
    }
  }

  async rescan(): Promise<void> {
    if (this.#sink === undefined) {
      throw new PosternError('E_SOURCE_STOPPED', `the source of ${this.#directory} does not run`, { mend: 'call run first' });
    }
    this.#look(true);
  }

  #lookSoon(): void {
    const now = performance.now();
    this.#changedAt ??= now;
    clearTimeout(this.#timer);
    const wait = Math.min(QUIET_MS, this.#changedAt + LONGEST_WAIT_MS - now);
    this.#timer = setTimeout(() => this.#lookSafely(), Math.max(0, wait));
  }

  /** A sink that throws ends the source: there is nobody left to tell. */
  #lookSafely(): void {
    try {
      this.#look(false);
    } catch (error) {
      this.#fail(error);
    }
  }

  #look(settled: boolean): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    clearTimeout(this.#timer);
    this.#changedAt = undefined;
    const { files, read, healthy, lookAgain } = this.#folder.look(settled, (path, id) => this.#watch.see(path, id));
    this.#watch.forgetUnseen();
    if (lookAgain !== undefined) this.#timer = setTimeout(() => this.#lookSafely(), lookAgain);

    const { objects, problems } = mergeManifests(files);
    this.#healthy = healthy;
    const events = this.#told.update(objects);
    if (events.length > 0) sink.events(events);
    this.#tellProblems(sink, problems, read);
  }

  /** A problem is told when it is new, and again whenever its file was written and still has it. */
  #tellProblems(sink: SourceSink, problems: readonly PosternError[], read: ReadonlySet<string>): void {
    const before = this.#known;
    this.#problems = problems;
    this.#known = new Set(problems.map(formatError));
    for (const problem of problems) {
      if (!before.has(formatError(problem)) || read.has(problem.at.file ?? '')) sink.problem(problem);
    }
  }

  #tellWatchFailure(folder: string, cause: unknown): void {
    if (this.#watchFailed) return;
    this.#watchFailed = true;
    this.#sink?.problem(
      new PosternError('E_WATCH', `the folder cannot be watched: changes are seen every ${this.#rescanEvery / 1000} s only`, {
        at: { file: folder },
        mend: 'raise fs.inotify.max_user_watches and max_user_instances',
        cause,
      }),
    );
  }
}

function checkFolder(directory: string): void {
  try {
    if (statSync(directory).isDirectory()) return;
  } catch (cause) {
    throw new PosternError('E_MANIFEST_FOLDER', 'the folder cannot be read', {
      at: { file: directory },
      mend: 'name a folder that is there',
      cause,
    });
  }
  throw new PosternError('E_MANIFEST_FOLDER', 'it is not a folder', { at: { file: directory }, mend: 'name the folder, not a file in it' });
}
