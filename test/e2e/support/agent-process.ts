/** The real agent as a process in a node's namespace. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NamedEvent } from '../../../src/agent/drop-log.ts';
import type { EnforcementStatus } from '../../../src/agent/enforcement-watch.ts';
import type { PolicyStatus } from '../../../src/agent/policy-status.ts';
import { enterAndDieWithUs } from './enter.ts';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;
const START_MS = 20_000;
/** Characters of a log that say enough. */
const LOG_END = 3000;

export interface AgentPlace {
  readonly node: string;
  readonly netns: string;
  readonly manifests: string;
  readonly bpfRoot: string;
  readonly socket: string;
}

/** The fields of `GET /status` that tests look at. */
export interface AgentStatus {
  readonly settled: boolean;
  readonly healthy: boolean;
  readonly source: { readonly problems: readonly string[] };
  readonly cri: { readonly healthy: boolean } | null;
  readonly datapath: { readonly attach: string; readonly tookOverFlows: boolean; readonly generation: number };
  readonly endpoints: readonly {
    readonly pod: string;
    readonly ifindex: number;
    readonly ingress: readonly string[];
    readonly egress: readonly string[];
    readonly packets: Readonly<Record<'ingress' | 'egress', Readonly<Record<string, number>>>>;
  }[];
  readonly missing: readonly string[];
  readonly leftOut: number;
  readonly refused: readonly string[];
  readonly drift: {
    readonly found: readonly unknown[];
    readonly repaired: number;
    readonly totals: { readonly checks: number; readonly found: number; readonly repaired: number };
  };
  readonly unenforced: Readonly<Record<string, string>>;
  readonly enforcement: EnforcementStatus;
  readonly policies: readonly PolicyStatus[];
}

export class AgentProcess {
  readonly #place: AgentPlace;
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly ended: Promise<number | null>;

  /** `main`: of another build. */
  constructor(place: AgentPlace, options: readonly string[] = [], enter = enterAndDieWithUs, main = MAIN) {
    this.#place = place;
    this.#log = join(mkdtempSync(join(tmpdir(), 'postern-test-')), 'log');
    const output = openSync(this.#log, 'a');
    const { node, netns, manifests, bpfRoot, socket } = place;
    const flags = ['--source', `files:${manifests}`, '--node', node, '--bpf-root', bpfRoot, '--socket', socket];
    const [command = '', ...args] = enter(netns, [process.execPath, main, 'agent', ...flags, ...options]);
    this.#child = spawn(command, args, { stdio: ['ignore', output, output] });
    closeSync(output);
    this.ended = new Promise((resolve) => void this.#child.once('exit', resolve));
  }

  /** Everything that it printed. */
  get log(): string {
    return readFileSync(this.#log, 'utf8');
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** MiB that it has in memory now, and had at most. */
  get memory(): { readonly now: number; readonly most: number } {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const read = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
    return { now: read('VmRSS'), most: read('VmHWM') };
  }

  /** Returns when all that the manifests say is in force; throws where the agent says that this cannot be. */
  async settle(): Promise<void> {
    const deadline = performance.now() + START_MS;
    for (;;) {
      const answer = await this.#call('POST', '/settle').catch((error: Error) => error);
      if (!(answer instanceof Error) && answer.code === 200) return;
      const refused = !(answer instanceof Error) && answer.body.includes('E_INCOMPLETE');
      if (refused || !this.running || performance.now() > deadline) {
        throw new Error(
          `the agent does not settle (${answer instanceof Error ? answer.message : answer.body}):\n${this.log.slice(-LOG_END)}`,
        );
      }
      await sleep(10);
    }
  }

  async status(): Promise<AgentStatus> {
    return JSON.parse((await this.#call('GET', '/status')).body) as AgentStatus;
  }

  /** Events from now on, into an array that grows. */
  async follow(): Promise<NamedEvent[]> {
    const events: NamedEvent[] = [];
    const connected = Promise.withResolvers<void>();
    const call = request({ socketPath: this.#place.socket, path: '/events' }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = `${rest}${chunk}`.split('\n');
        rest = lines.pop() ?? '';
        events.push(...lines.map((line) => JSON.parse(line) as NamedEvent));
      });
      response.on('error', () => undefined);
      connected.resolve();
    });
    call.on('error', connected.reject);
    call.end();
    await connected.promise;
    return events;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.ended;
  }

  #call(method: string, path: string): Promise<{ code: number | undefined; body: string }> {
    return new Promise((resolve, reject) => {
      const call = request({ socketPath: this.#place.socket, method, path }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => void (body += chunk));
        response.on('error', reject);
        response.on('end', () => resolve({ code: response.statusCode, body }));
      });
      call.on('error', reject);
      call.end();
    });
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
    rmSync(join(this.#log, '..'), { recursive: true, force: true });
  }
}

/** A command of `postern` that asks the agent there. Returns its exit code and what it printed. */
export function askAgent({ socket }: AgentPlace, ...words: readonly string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...words, '--socket', socket], { encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}

/** `postern agent uninstall`, run where the agent ran. Returns its exit code and what it printed. */
export function uninstallAgent(place: AgentPlace, enter = enterAndDieWithUs): { code: number | null; output: string } {
  const [command = '', ...args] = enter(place.netns, [process.execPath, MAIN, 'agent', 'uninstall', '--bpf-root', place.bpfRoot]);
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}
