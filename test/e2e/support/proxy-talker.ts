/** A process that talks and answers inside a namespace, as a test drives it. */

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { enterAndDieWithUs } from './enter.ts';
import type { Answer, Opening, Serving, TalkAnswers, TalkRequest } from './proxy-talker-protocol.ts';
import { PROBE_MS } from './traffic.ts';

const SCRIPT = new URL('proxy-talker-process.ts', import.meta.url).pathname;
/** What must be answered is, however slow the machine, and whenever a segment that was lost is sent again. */
const PATIENCE_MS = 5000;

/** What a test expects: `answer` is waited for with patience, `silence` for as long as shows that nothing comes. */
export type Reply = 'answer' | 'silence';

/** A flow that is open. */
export interface TalkFlow {
  /** Who answered when it was opened. */
  readonly first: Answer;
  /** The client speaks next. */
  say(awaited: Reply): Promise<Answer>;
  /** Whether something came that the server said unasked; it may be asked for once for each push. `expected`: wait longer. */
  pushed(expected: boolean): Promise<boolean>;
  close(): Promise<void>;
}

export class Talker {
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

  serve(serving: Serving): Promise<void> {
    return this.#ask({ op: 'serve', ...serving });
  }

  /** Opens a flow, says something and closes it: who answered? */
  async ask(opening: Opening, awaited: Reply): Promise<Answer> {
    const flow = await this.open(opening, awaited);
    await flow.close();
    return flow.first;
  }

  async open(opening: Opening, awaited: Reply): Promise<TalkFlow> {
    this.#count += 1;
    const flow = String(this.#count);
    const first = await this.#ask({ op: 'open', flow, timeoutMs: patienceFor(awaited), ...opening });
    return {
      first,
      say: (next) => this.#ask({ op: 'say', flow, timeoutMs: patienceFor(next) }),
      pushed: (expected) => this.#ask({ op: 'pushed', flow, timeoutMs: patienceFor(expected ? 'answer' : 'silence') }),
      close: () => this.#ask({ op: 'close', flow }),
    };
  }

  /** As a server: speak, unasked, on every flow that is open. */
  push(): Promise<void> {
    return this.#ask({ op: 'push' });
  }

  /** As a server: end all that is open, so that nothing of it is sent again. */
  forget(): Promise<void> {
    return this.#ask({ op: 'forget' });
  }

  /** As a server: who spoke to it, and how often. */
  visitors(): Promise<Readonly<Record<string, number>>> {
    return this.#ask({ op: 'visitors' });
  }

  #ask<Op extends TalkRequest['op']>(request: TalkRequest & { readonly op: Op }): Promise<TalkAnswers[Op]> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.stdin.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }
}

function patienceFor(awaited: Reply): number {
  return awaited === 'answer' ? PATIENCE_MS : PROBE_MS;
}
