/** The stream of an agent's packet events, over its restarts. */

import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NamedEvent } from '../agent/drop-log.ts';
import type { SuppressedNotice } from '../agent/suppressed-events.ts';
import { PosternError } from '../model/error.ts';
import { noAgent } from './no-agent.ts';

/** `here`: from now on events are heard. `gone`: nothing is heard until `back`; what happened meanwhile is not told. */
export type Followed =
  | { readonly kind: 'event'; readonly event: NamedEvent }
  | { readonly kind: 'suppressed'; readonly notice: SuppressedNotice }
  | { readonly kind: 'here' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'back'; readonly awayMs: number };

const RETRY_MS = 250;

/** Until `signal` aborts. `E_SOCKET` where no agent answers at the beginning. */
export async function* followEvents(socketPath: string, flows: boolean, signal: AbortSignal): AsyncGenerator<Followed> {
  const path = `/events?suppressed${flows ? '&flows' : ''}`;
  let stream = await connect(socketPath, path, signal);
  yield { kind: 'here' };
  while (!signal.aborted) {
    yield* read(stream, signal);
    if (signal.aborted) return;
    const goneAt = performance.now();
    yield { kind: 'gone' };
    const again = await reconnect(socketPath, path, signal);
    if (again === undefined) return;
    stream = again;
    yield { kind: 'back', awayMs: performance.now() - goneAt };
  }
}

async function reconnect(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage | undefined> {
  while (!signal.aborted) {
    try {
      return await connect(socketPath, path, signal);
    } catch {
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

function connect(socketPath: string, path: string, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, path, signal }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new PosternError('E_AGENT', `the agent answers ${response.statusCode} to ${path}`, { mend: 'is it of another version?' }));
    });
    call.on('error', (cause) => reject(noAgent(socketPath, cause)));
    call.end();
  });
}

async function* read(stream: IncomingMessage, signal: AbortSignal): AsyncGenerator<Followed> {
  let rest = '';
  try {
    for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield followed(JSON.parse(line) as NamedEvent | SuppressedNotice);
    }
  } catch (error) {
    // A connection that breaks has ended; a line that is no JSON is a fault.
    if (!signal.aborted && error instanceof SyntaxError) throw error;
  }
}

function followed(record: NamedEvent | SuppressedNotice): Followed {
  return 'kind' in record ? { kind: 'suppressed', notice: record } : { kind: 'event', event: record };
}
