/** Keeps TCP connections open and sends a line on each every 100 ms, to see whether a policy edit cuts them. */

import net from 'node:net';
import type { HeldConnection } from '../types.ts';

const BEAT_MS = 100;

interface Hold {
  readonly socket: net.Socket;
  readonly beat: NodeJS.Timeout;
  echoes: number;
  lastEcho: number;
  alive: boolean;
  error: string | undefined;
}

export class PodHolds {
  readonly #holds = new Map<number, Hold>();
  #next = 1;

  /** Resolves with the connection's id once the other side has greeted. */
  open(address: string, port: number, timeoutMs: number): Promise<number> {
    const socket = net.connect({ host: address, port, noDelay: true });
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(error);
      };
      const timer = setTimeout(() => fail(new Error('timeout')), timeoutMs);
      socket.once('error', fail);
      socket.once('data', () => {
        clearTimeout(timer);
        socket.off('error', fail);
        resolve(this.#keep(socket));
      });
    });
  }

  list(): readonly HeldConnection[] {
    const now = performance.now();
    return [...this.#holds].map(([id, hold]) => ({
      id,
      alive: hold.alive,
      echoes: hold.echoes,
      silentMs: Math.round(now - hold.lastEcho),
      ...(hold.error === undefined ? {} : { error: hold.error }),
    }));
  }

  /** Close it and forget it. */
  release(id: number): void {
    const hold = this.#holds.get(id);
    if (hold === undefined) return;
    clearInterval(hold.beat);
    hold.socket.destroy();
    this.#holds.delete(id);
  }

  #keep(socket: net.Socket): number {
    const beat = setInterval(() => socket.write(`beat ${performance.now()}\n`), BEAT_MS);
    const hold: Hold = { socket, beat, echoes: 0, lastEcho: performance.now(), alive: true, error: undefined };
    socket.on('data', () => {
      hold.echoes += 1;
      hold.lastEcho = performance.now();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (hold.error = error.code ?? error.message));
    socket.on('close', () => {
      hold.alive = false;
      clearInterval(beat);
    });
    const id = this.#next++;
    this.#holds.set(id, hold);
    return id;
  }
}
