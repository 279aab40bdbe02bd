/** A folder in which `postern audit` runs as people run it, with files that a test names; each test has a new one. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export class AuditFolder {
  readonly #files: Readonly<Record<string, string>>;
  #path = '';

  private constructor(files: Readonly<Record<string, string>>) {
    this.#files = files;
  }

  /** For the tests of a file or a group. */
  static use(files: Readonly<Record<string, string>>): AuditFolder {
    const folder = new AuditFolder(files);
    beforeEach(() => folder.#make());
    afterEach(() => rmSync(folder.path, { recursive: true, force: true }));
    return folder;
  }

  get path(): string {
    return this.#path;
  }

  /** Knows no CI, no wish for colours and no cluster. */
  environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
    const { GITHUB_WORKSPACE: _github, CI_PROJECT_DIR: _gitlab, NO_COLOR: _colour, FORCE_COLOR: _force, ...rest } = process.env;
    return { ...rest, KUBECONFIG: join(this.path, 'no-kubeconfig'), TERM: 'xterm', ...more };
  }

  /** `args`: what follows `postern audit`. */
  audit(args: readonly string[], { input = '', env = {} }: RunOptions = {}): Ended {
    const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'audit', ...args], {
      cwd: this.path,
      input,
      encoding: 'utf8',
      env: this.environment(env),
    });
    return { code: status, out: stdout, err: stderr };
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  write(name: string, text: string): void {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  #make(): void {
    this.#path = mkdtempSync(join(tmpdir(), 'postern-audit-'));
    for (const [name, text] of Object.entries(this.#files)) this.write(name, text);
  }
}
