/** Serves a pod's ports: over TCP it greets with the pod's name and the client's address and then echoes, over UDP it answers with both. */

import dgram from 'node:dgram';
import net from 'node:net';
import type { LabPort } from '../types.ts';
import { writeGreeting } from './pod-protocol.ts';

interface Listening {
  close(): void;
}

export class PodServer {
  readonly #name: string;
  readonly #hosts: readonly string[];
  readonly #open = new Map<string, readonly Listening[]>();

  /** `hosts` empty: every address of both families. */
  constructor(name: string, hosts: readonly string[]) {
    this.#name = name;
    this.#hosts = hosts.length === 0 ? ['::'] : hosts;
  }

  /** Serve exactly these ports from now on. Returns those that could not be opened, as `TCP/80: EADDRINUSE`. */
  async serve(ports: readonly LabPort[]): Promise<readonly string[]> {
    const wanted = new Map(ports.map((port) => [`${port.protocol}/${port.port}`, port]));
    for (const [key, sockets] of this.#open) {
      if (wanted.has(key)) continue;
      for (const socket of sockets) socket.close();
      this.#open.delete(key);
    }
    const opening = [...wanted].filter(([key]) => !this.#open.has(key)).map(([key, port]) => this.#start(key, port));
    return (await Promise.all(opening)).filter((failure) => failure !== undefined);
  }

  async #start(key: string, port: LabPort): Promise<string | undefined> {
    // Node has no SCTP sockets; whoever probes the port hears `unsupported`.
    if (port.protocol === 'SCTP') return undefined;
    const listen = port.protocol === 'TCP' ? listenTcp : listenUdp;
    try {
      this.#open.set(key, await Promise.all(this.#hosts.map((host) => listen(host, port.port, this.#name))));
      return undefined;
    } catch (error) {
      return `${key}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
    }
  }
}

function listenTcp(host: string, port: number, name: string): Promise<Listening> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // Probers leave in the middle: a reset is their good right.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => socket.write(chunk));
    socket.write(`${writeGreeting(name, socket.remoteAddress ?? '')}\n`);
  });
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: 511 }, () => resolve({ close }));
  });
}

function listenUdp(host: string, port: number, name: string): Promise<Listening> {
  const socket = dgram.createSocket(host.includes(':') ? 'udp6' : 'udp4');
  // An unreachable asker's ICMP error must not end the server.
  socket.on('message', (_message, from) => socket.send(writeGreeting(name, from.address), from.port, from.address, () => undefined));
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.off('error', reject);
      socket.on('error', () => undefined);
      resolve({ close: () => socket.close() });
    });
  });
}
