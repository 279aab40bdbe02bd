/** Network namespaces of the tests' own, and Node scripts that run inside them. */

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';

const FOLDER = '/run/netns';
const PREFIX = 'postern-test-';

let count = 0;

export class NetworkNamespace {
  readonly name: string;
  readonly path: string;

  constructor() {
    removeLeftovers();
    count += 1;
    this.name = `${PREFIX}${process.pid}-${count}`;
    this.path = `${FOLDER}/${this.name}`;
    execFileSync('ip', ['netns', 'add', this.name]);
    this.ip('link set lo up');
  }

  /** Run `ip` inside, with its arguments as one text; returns what it printed. */
  ip(words: string): string {
    return execFileSync('ip', ['-n', this.name, ...words.split(' ')], { encoding: 'utf8' });
  }

  /** Run a command inside. Unlike `ip netns exec` this leaves the mounts, and so the bpf file system, as they are. */
  run(command: string, args: readonly string[], input?: string): string {
    const options = { encoding: 'utf8', maxBuffer: 1 << 26, ...(input === undefined ? {} : { input }) } as const;
    return execFileSync('nsenter', [`--net=${this.path}`, command, ...args], options);
  }

  /** Run a script of `test/` inside; returns the JSON that it printed. */
  runScript<Result>(script: URL, ...args: readonly string[]): Result {
    return JSON.parse(this.run(process.execPath, ['--disable-warning=ExperimentalWarning', script.pathname, ...args])) as Result;
  }

  [Symbol.dispose](): void {
    execFileSync('ip', ['netns', 'delete', this.name]);
  }
}

/** Namespaces whose test process died before it could delete them. */
function removeLeftovers(): void {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(FOLDER)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    // Another test process may be at the same.
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) spawnSync('ip', ['netns', 'delete', name]);
  }
}
