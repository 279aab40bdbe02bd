/** A bpf file system of one test's own, below /run/postern. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';

const FOLDER = '/run/postern';
const PREFIX = 'test-bpf-';

export class BpfFolder {
  readonly path: string;

  constructor() {
    mkdirSync(FOLDER, { recursive: true });
    for (const name of readdirSync(FOLDER)) {
      const owner = new RegExp(`^${PREFIX}(\\d+)$`).exec(name)?.[1];
      if (owner !== undefined && !existsSync(`/proc/${owner}`)) remove(`${FOLDER}/${name}`);
    }
    this.path = `${FOLDER}/${PREFIX}${process.pid}`;
    mkdirSync(this.path);
    execFileSync('mount', ['-t', 'bpf', 'bpf', this.path]);
  }

  [Symbol.dispose](): void {
    remove(this.path);
  }
}

function remove(path: string): void {
  try {
    execFileSync('umount', [path], { stdio: 'ignore' });
  } catch {
    // A process that died between mkdir and mount left a plain folder.
  }
  rmdirSync(path);
}
