/** What an operator does at a node: asks for metrics and health, for the status, and watches packets; each by a process of its own. */

import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { AgentStatus } from '../../../src/agent/status.ts';
import type { World } from './world.ts';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;
const METRICS_PORT = 9470;
const LISTEN = `127.0.0.1:${METRICS_PORT}`;
export const LISTENING = ['--listen', LISTEN] as const;

export interface Page {
  readonly status: number;
  readonly body: string;
}

/** A page of the agent's HTTP server, from within its node; status 0 where nobody serves. */
export function readPage(world: World, path: string): Page {
  const script = `
    const answer = await fetch('http://${LISTEN}${path}').catch(() => undefined);
    console.log(JSON.stringify({ status: answer?.status ?? 0, body: (await answer?.text()) ?? '' }));`;
  return JSON.parse(world.node.run(process.execPath, ['--input-type=module', '-e', script])) as Page;
}

/** Value of a series, named as it stands in the page; undefined where there is none. */
export function readMetric(page: Page, series: string): number | undefined {
  const line = page.body.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

export interface StatusAnswer {
  readonly code: number | null;
  readonly output: string;
}

/** `postern status`. */
export function runStatus(world: World, ...options: readonly string[]): StatusAnswer {
  const args = [MAIN, 'status', '--socket', world.place.socket, ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}

export function readStatus(world: World): AgentStatus {
  return JSON.parse(runStatus(world, '--json').output) as AgentStatus;
}

/** `postern monitor`, from when it listens. */
export class MonitorProcess {
  readonly lines: string[] = [];
  /** What it said of the connection. */
  readonly words: string[] = [];
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly ended: Promise<number | null>;

  constructor(world: World, options: readonly string[] = []) {
    const args = [MAIN, 'monitor', '--socket', world.place.socket, ...options];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => void this.lines.push(line));
    createInterface({ input: this.#child.stderr }).on('line', (line) => void this.words.push(line));
    this.ended = new Promise((resolve) => void this.#child.once('close', resolve));
  }

  get events(): Readonly<Record<string, unknown>>[] {
    return this.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.ended;
  }

  /** As a pipe whose reader goes. */
  stopReading(): void {
    this.#child.stdout.destroy();
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
