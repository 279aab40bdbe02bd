/** The agent's HTTP server for Prometheus and the kubelet: GET /metrics, /readyz and /livez, and nothing else. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from 'pino';
import { formatError, type PosternError } from '../../model/error.ts';
import type { ListenAddress } from './listen-address.ts';

export interface Health {
  metrics(): Promise<{ readonly type: string; readonly text: string }>;
  /** Why it does not enforce. */
  unreadiness(): PosternError | undefined;
  /** Why it should be restarted. */
  standstill(): PosternError | undefined;
}

/** A port that somebody else has may be free later: enforcement does not wait for it. */
const RETRY_MS = 2000;
const CONNECTIONS = 1024;
const REQUEST_MS = 10_000;
const PLAIN = 'text/plain; charset=utf-8';

export class HealthServer {
  readonly #address: ListenAddress;
  readonly #health: Health;
  readonly #log: Logger;
  readonly #server: Server;
  #retry: NodeJS.Timeout | undefined;
  #complained = false;

  constructor(address: ListenAddress, health: Health, log: Logger) {
    this.#address = address;
    this.#health = health;
    this.#log = log;
    this.#server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.maxConnections = CONNECTIONS;
    this.#server.on('error', (error) => this.#failed(error));
    this.#server.on('listening', () => this.#log.info({ address: this.address }, 'metrics and health are served'));
    this.#listen();
  }

  /** Where it listens; undefined while it cannot. */
  get address(): AddressInfo | undefined {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address : undefined;
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #listen(): void {
    this.#server.listen({ host: this.#address.host, port: this.#address.port });
  }

  #failed(error: Error): void {
    if (!this.#complained) {
      const { host, port } = this.#address;
      this.#log.error({ code: 'E_LISTEN', host, port, err: error }, 'metrics and health cannot be served there; it is tried again');
    }
    this.#complained = true;
    this.#retry = setTimeout(() => this.#listen(), RETRY_MS);
  }

  async #answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    if (method !== 'GET' && method !== 'HEAD') return send(response, 405, PLAIN, 'only GET\n');
    switch (url?.split('?')[0]) {
      case '/metrics':
        try {
          const { type, text } = await this.#health.metrics();
          return send(response, 200, type, text);
        } catch (error) {
          return send(response, 500, PLAIN, `${String(error)}\n`);
        }
      case '/readyz':
        return tell(response, this.#health.unreadiness(), 'ready');
      case '/livez':
        return tell(response, this.#health.standstill(), 'alive');
      default:
        return send(response, 404, PLAIN, 'there are /metrics, /readyz and /livez\n');
    }
  }
}

function tell(response: ServerResponse, problem: PosternError | undefined, well: string): void {
  send(response, problem === undefined ? 200 : 503, PLAIN, `${problem === undefined ? well : formatError(problem)}\n`);
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
