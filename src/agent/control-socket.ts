/** The agent's unix socket: settle, status, verify and a stream of packet events (with `?flows`, of new allowed flows too), over HTTP so that any tool can ask. */

import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatError, PosternError } from '../model/error.ts';
import type { NamedEvent } from './drop-log.ts';

export interface Control {
  /** Resolves when everything that the source holds now is in force; throws a PosternError otherwise. */
  settle(): Promise<unknown>;
  status(): unknown;
  /** Compares the kernel with what it was told. */
  verify(repair: boolean): Promise<unknown>;
  /** Send an event for each new allowed flow too. */
  traceFlows(on: boolean): void;
}

/** Bytes that may wait for a listener. */
const UNREAD_LIMIT = 1 << 20;

export class ControlSocket {
  readonly #server: Server;
  readonly #path: string;
  /** Who hears of drops, and whether of new flows too. */
  readonly #listeners = new Map<ServerResponse, boolean>();

  private constructor(server: Server, path: string) {
    this.#server = server;
    this.#path = path;
  }

  /** The caller holds the lock of the agent's folder, so a socket that is there is a dead agent's. */
  static async open(path: string, control: Control): Promise<ControlSocket> {
    rmSync(path, { force: true });
    const server = createServer();
    const socket = new ControlSocket(server, path);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void socket.#answer(request, response, control);
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
    const lines = (chosen: readonly NamedEvent[]): string => chosen.map((event) => `${JSON.stringify(event)}\n`).join('');
    const all = lines(events);
    const withoutFlows = lines(events.filter((event) => event.verdict !== 'allow'));
    for (const [listener, flows] of this.#listeners) {
      // One that does not read must not fill the agent's memory.
      if (listener.writableLength > UNREAD_LIMIT) listener.destroy();
      else listener.write(flows ? all : withoutFlows);
    }
  }

  close(): void {
    for (const listener of this.#listeners.keys()) listener.end();
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#path, { force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, control: Control): Promise<void> {
    const route = `${request.method} ${request.url}`;
    try {
      if (route === 'GET /status') send(response, 200, control.status());
      else if (route === 'POST /settle') send(response, 200, await control.settle());
      else if (route === 'POST /verify' || route === 'POST /verify?repair=no')
        send(response, 200, await control.verify(route === 'POST /verify'));
      else if (route === 'GET /events' || route === 'GET /events?flows') this.#stream(response, route.endsWith('?flows'), control);
      else
        send(response, 404, {
          code: 'E_ROUTE',
          message: `no ${route}; there are GET /status, GET /events, GET /events?flows, POST /settle, POST /verify and POST /verify?repair=no`,
        });
    } catch (error) {
      const code = error instanceof PosternError ? error.code : 'E_AGENT';
      send(response, 503, { code, message: error instanceof PosternError ? formatError(error) : String(error) });
    }
  }

  #stream(response: ServerResponse, flows: boolean, control: Control): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.flushHeaders();
    this.#listeners.set(response, flows);
    const trace = (): void => control.traceFlows([...this.#listeners.values()].includes(true));
    trace();
    response.on('close', () => {
      this.#listeners.delete(response);
      trace();
    });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body, undefined, 2)}\n`);
}
