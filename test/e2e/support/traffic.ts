/** A pod's process, as a test drives it. */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { enterAndDieWithUs } from './enter.ts';
import type { Answers, Request, StreamReport, StreamRequest } from './traffic-protocol.ts';

const SCRIPT = new URL('traffic-process.ts', import.meta.url).pathname;
/** A denied probe is a time-out. */
export const PROBE_MS = 300;

export class Traffic {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (result: never) => void>();
  #count = 0;

  constructor(netns: string) {
    const [command = '', ...args] = enterAndDieWithUs(netns, [process.execPath, SCRIPT]);
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, result } = JSON.parse(line) as { id: number; result: never };
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    });
  }

  ask<Op extends Request['op']>(request: Request & { readonly op: Op }): Promise<Answers[Op]> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.stdin.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }

  connects(host: string, port: number): Promise<boolean> {
    return this.ask({ op: 'connect', host, port, timeoutMs: PROBE_MS });
  }

  reachesByDatagram(host: string, port: number): Promise<boolean> {
    return this.ask({ op: 'datagram', host, port, timeoutMs: PROBE_MS });
  }

  start(name: string, stream: StreamRequest['stream'], host: string, port: number, timeoutMs = 5000): Promise<void> {
    return this.ask({ op: 'start', name, stream, host, port, everyMs: 20, timeoutMs });
  }

  stop(name: string): Promise<StreamReport> {
    return this.ask({ op: 'stop', name });
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}
