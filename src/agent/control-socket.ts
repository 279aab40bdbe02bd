/**
 * The agent's unix socket: settle, status, verify, break-glass, test runs and a stream of packet events, over HTTP so that any tool can ask. The stream has new allowed flows too
 * with `?flows`, and says with `?suppressed` how many events were not told.
 */

import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { LocalEnforcement } from '../compiler/enforcement.ts';
import { formatError, PosternError } from '../model/error.ts';
import type { PluginAnswer } from './cni/plugin-answer.ts';
import type { NamedEvent } from './drop-log.ts';
import type { SuppressedNotice } from './suppressed-events.ts';

export interface Control {
  /** Resolves when everything that the source holds now is in force; throws a PosternError otherwise. */
  settle(): Promise<unknown>;
  status(): unknown;
  /** Compares the kernel with what it was told. */
  verify(repair: boolean): Promise<unknown>;
  /** Break-glass: turns enforcement on this node off or on, or leaves it to the Node's annotation. */
  enforce(word: LocalEnforcement): unknown;
  /** Send an event for each new allowed flow too. */
  traceFlows(on: boolean): void;
  /** Events that the kernel did not tell, since the last call; `begin` forgets those before. */
  readonly suppressed: { begin(): void; take(): readonly SuppressedNotice[] };
  /** What the kernel would do with packets. */
  testRun(body: Buffer): Promise<unknown>;
  /** What the CNI plugin asks. */
  cni(body: Buffer): Promise<PluginAnswer>;
}

/** What a listener wants beside drops. */
interface Wishes {
  readonly flows: boolean;
  readonly suppressed: boolean;
}

/** Bytes that may wait for a listener. */
const UNREAD_LIMIT = 1 << 20;
/** Bytes: more than a CNI configuration can have. */
const LONGEST_BODY = 2 << 20;
/** How often listeners are told what was suppressed. */
const SUPPRESSED_MS = 1000;
const ROUTES =
  'GET /status, GET /events (?flows, ?suppressed), POST /settle, POST /verify (?repair=no), POST /enforcement?off, ?on and ?auto, POST /test-run, POST /cni';

export class ControlSocket {
  readonly #server: Server;
  readonly #path: string;
  readonly #control: Control;
  readonly #listeners = new Map<ServerResponse, Wishes>();
  #counting: NodeJS.Timeout | undefined;

  private constructor(server: Server, path: string, control: Control) {
    this.#server = server;
    this.#path = path;
    this.#control = control;
  }

  /** The caller holds the lock of the agent's folder, so a socket that is there is a dead agent's. */
  static async open(path: string, control: Control): Promise<ControlSocket> {
    rmSync(path, { force: true });
    const server = createServer();
    const socket = new ControlSocket(server, path, control);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void socket.#answer(request, response);
    });
    const listening = Promise.withResolvers<void>();
    server.once('error', listening.reject);
    // Only root talks to the agent.
    const mask = process.umask(0o077);
    server.listen(path, () => listening.resolve());
    try {
      await listening.promise;
    } catch (cause) {
      throw new PosternError('E_SOCKET', `cannot listen on ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        mend: 'give another --socket path, of at most 107 characters, in a folder that exists',
        cause,
      });
    } finally {
      process.umask(mask);
    }
    return socket;
  }

  publish(events: readonly NamedEvent[]): void {
    if (this.#listeners.size === 0) return;
    const all = linesOf(events);
    const withoutFlows = linesOf(events.filter((event) => event.verdict !== 'allow'));
    this.#write(({ flows }) => (flows ? all : withoutFlows));
  }

  close(): void {
    clearInterval(this.#counting);
    for (const listener of this.#listeners.keys()) listener.end();
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#path, { force: true });
  }

  #write(textFor: (wishes: Wishes) => string): void {
    for (const [listener, wishes] of this.#listeners) {
      const text = textFor(wishes);
      // One that does not read must not fill the agent's memory.
      if (listener.writableLength > UNREAD_LIMIT) listener.destroy();
      else if (text !== '') listener.write(text);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const route = `${request.method} ${request.url}`;
    const control = this.#control;
    try {
      if (route === 'GET /status') send(response, 200, control.status());
      else if (route === 'POST /settle') send(response, 200, await control.settle());
      else if (route === 'POST /verify' || route === 'POST /verify?repair=no')
        send(response, 200, await control.verify(route === 'POST /verify'));
      else if (route === 'POST /enforcement?off') send(response, 200, control.enforce('off'));
      else if (route === 'POST /enforcement?on') send(response, 200, control.enforce('on'));
      else if (route === 'POST /enforcement?auto') send(response, 200, control.enforce('auto'));
      else if (route === 'POST /test-run') send(response, 200, await control.testRun(await readBody(request)));
      else if (route === 'POST /cni') await answerPlugin(request, response, control);
      else if (/^GET \/events(\?|$)/.test(route)) this.#stream(response, new URLSearchParams(route.split('?')[1]));
      else send(response, 404, { code: 'E_ROUTE', message: `no ${route}; there are ${ROUTES}` });
    } catch (error) {
      const code = error instanceof PosternError ? error.code : 'E_AGENT';
      send(response, 503, { code, message: error instanceof PosternError ? formatError(error) : String(error) });
    }
  }

  #stream(response: ServerResponse, query: URLSearchParams): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.flushHeaders();
    this.#listeners.set(response, { flows: query.has('flows'), suppressed: query.has('suppressed') });
    this.#followWishes();
    response.on('close', () => {
      this.#listeners.delete(response);
      this.#followWishes();
    });
  }

  /** Nothing is traced or counted for nobody. */
  #followWishes(): void {
    const wishes = [...this.#listeners.values()];
    this.#control.traceFlows(wishes.some(({ flows }) => flows));
    const counts = wishes.some(({ suppressed }) => suppressed);
    if (counts === (this.#counting !== undefined)) return;
    clearInterval(this.#counting);
    this.#counting = undefined;
    if (!counts) return;
    this.#control.suppressed.begin();
    this.#counting = setInterval(() => {
      const text = linesOf(this.#control.suppressed.take());
      this.#write(({ suppressed }) => (suppressed ? text : ''));
    }, SUPPRESSED_MS);
  }
}

async function answerPlugin(request: IncomingMessage, response: ServerResponse, control: Control): Promise<void> {
  const { ok, text } = await control.cni(await readBody(request));
  response.writeHead(ok ? 200 : 503, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > LONGEST_BODY)
      throw new PosternError('E_REQUEST', `a request of more than ${LONGEST_BODY} bytes is no question for an agent`);
  }
  return Buffer.concat(chunks);
}

function linesOf(told: readonly object[]): string {
  return told.map((one) => `${JSON.stringify(one)}\n`).join('');
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body, undefined, 2)}\n`);
}
