/** Keeps the plugin installed while the agent runs: CNI providers rewrite their configuration as they like. Its end leaves everything as it is. */

import { type FSWatcher, watch } from 'node:fs';
import type { Logger } from 'pino';
import { formatError, PosternError } from '../model/error.ts';
import { installEntry, noConfiguration } from './config-folder.ts';
import { PLUGIN_TYPE } from './plugin-list.ts';
import { hasProgram, installProgram } from './plugin-program.ts';

export interface InstallationOptions {
  readonly confDir: string;
  readonly binDir: string;
  /** Of the agent, as the host reaches it. */
  readonly socket: string;
  readonly program: string;
  /** Nothing is installed for the first time before: until then every new pod would have to wait. */
  readonly isReady: () => boolean;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

export interface CniStatus {
  readonly installed: boolean;
  /** Its name in the folder. */
  readonly file: string | null;
  /** When the entry was found or put there first without having been missing since; RFC 3339. */
  readonly since: string | null;
  readonly problem: string | null;
}

const CHECK_MS = 5000;
const READY_MS = 100;
/** After a change in the folder: its writer may not be done. */
const CALM_MS = 50;

const ADDED_LATER = 'install a CNI provider; the plugin is added as soon as its configuration is there';

export class CniInstallation {
  readonly #options: InstallationOptions;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #status: CniStatus = { installed: false, file: null, since: null, problem: null };
  #problem: PosternError | undefined;
  #programPut = false;
  #closed = false;

  constructor(options: InstallationOptions) {
    this.#options = options;
    this.#checkLater(0);
  }

  get status(): CniStatus {
    return this.#status;
  }

  /** Why new pods are not held until they are evaluated. */
  get problem(): PosternError | undefined {
    return this.#problem;
  }

  check(): void {
    const { confDir, binDir, program, socket, isReady, log } = this.#options;
    // Where it was installed before, pods wait for an agent in any case.
    if (!isReady() && !hasProgram(binDir)) return this.#checkLater(READY_MS);
    this.#follow();
    try {
      if (!this.#programPut || !hasProgram(binDir)) installProgram(program, binDir);
      this.#programPut = true;
      const { file, changed, problems } = installEntry(confDir, { type: PLUGIN_TYPE, socket });
      this.#become(file, file === undefined ? (problems[0] ?? noConfiguration(confDir, ADDED_LATER)) : undefined);
      if (file !== undefined && changed) log.info({ file, folder: confDir }, 'the CNI configuration has the plugin');
    } catch (error) {
      if (!(error instanceof PosternError)) throw error;
      this.#become(undefined, error);
    }
    this.#checkLater(CHECK_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
  }

  #become(file: string | undefined, problem: PosternError | undefined): void {
    const said = problem === undefined ? null : formatError(problem);
    if (problem !== undefined && said !== this.#status.problem)
      this.#options.log.warn({ code: problem.code, problem: said }, 'new pods are not held until they are evaluated');
    const since = file === undefined ? null : (this.#status.since ?? new Date().toISOString());
    this.#status = { installed: file !== undefined, file: file ?? null, since, problem: said };
    this.#problem = problem;
  }

  #checkLater(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => this.check(), milliseconds);
  }

  /** Where the folder cannot be watched, the look every five seconds must do. */
  #follow(): void {
    if (this.#watcher !== undefined) return;
    try {
      this.#watcher = watch(this.#options.confDir, () => this.#checkLater(CALM_MS));
      this.#watcher.on('error', () => {
        this.#watcher?.close();
        this.#watcher = undefined;
      });
    } catch {
      this.#watcher = undefined;
    }
  }
}
