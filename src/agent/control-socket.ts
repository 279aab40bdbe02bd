/** The agent's unix socket: settle, status and a stream of packet events, over HTTP so that any tool can ask. */

import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { formatError, PosternError } from '../model/error.ts';
import type { NamedEvent } from './drop-log.ts';

export interface Control {
  /** Resolves when everything that the source holds now is in force; throws a PosternError otherwise. */
  settle(): Promise<unknown>;
  status(): unknown;
}

export class ControlSocket {
  readonly #server: Server;
  readonly #path: string;
  readonly #listeners = new Set<ServerResponse>();

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
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    for (const listener of this.#listeners) listener.write(lines);
  }

  close(): void {
    for (const listener of this.#listeners) listener.end();
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#path, { force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse, control: Control): Promise<void> {
    const route = `${request.method} ${request.url}`;
    try {
      if (route === 'GET /status') send(response, 200, control.status());
      else if (route === 'POST /settle') send(response, 200, await control.settle());
      else if (route === 'GET /events') this.#stream(response);
      else send(response, 404, { code: 'E_ROUTE', message: `no ${route}; there are GET /status, GET /events and POST /settle` });
    } catch (error) {
      const code = error instanceof PosternError ? error.code : 'E_AGENT';
      send(response, 503, { code, message: error instanceof PosternError ? formatError(error) : String(error) });
    }
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.flushHeaders();
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body, undefined, 2)}\n`);
}
