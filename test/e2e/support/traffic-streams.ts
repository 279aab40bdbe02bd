/** Flows that a pod opens and keeps going until it is asked what became of them. */

import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { Talk, type TalkCounts } from './talk.ts';
import type { StreamReport, StreamRequest } from './traffic-protocol.ts';

/** Starts at once; the result stops it and waits for what is still to come. */
export type StartStream = (request: StreamRequest) => () => Promise<StreamReport>;

export const STREAMS: Readonly<Record<StreamRequest['stream'], StartStream>> = {
  connections: streamConnections,
  talk: streamTalk,
  held: streamHeld,
  datagrams: streamDatagrams,
};

/** One byte there and back. */
export function echoOnce(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => end(false), timeoutMs);
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      if (answered) socket.end();
      else socket.destroy();
      resolve(answered);
    };
    socket.setNoDelay(true);
    socket.on('connect', () => socket.write('x'));
    socket.on('data', () => end(true));
    socket.on('error', () => end(false));
  });
}

export function openDatagrams(host: string): DatagramSocket {
  return createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' }).on('error', () => undefined);
}

function streamConnections({ host, port, everyMs, timeoutMs }: StreamRequest): () => Promise<StreamReport> {
  const open: Promise<boolean>[] = [];
  const starts: number[] = [];
  const timer = setInterval(() => {
    starts.push(readClock());
    open.push(echoOnce(host, port, timeoutMs));
  }, everyMs);
  return async () => {
    clearInterval(timer);
    const results = await Promise.all(open);
    return { ...report(results, false), timeline: results.map((answered, index) => [starts[index] ?? 0, answered] as const) };
  };
}

function streamTalk({ host, port, everyMs, timeoutMs, localPort }: StreamRequest): () => Promise<StreamReport> {
  const socket = connect({ host, port, ...(localPort === undefined ? {} : { localPort }) });
  let peer: TalkCounts | undefined;
  const talk = new Talk(socket, everyMs, (counts) => void (peer = counts));
  return async () => {
    talk.end();
    await waitUntil(() => peer !== undefined || talk.broken, timeoutMs);
    const { sent, arrived } = talk.counts;
    const { broken } = talk;
    socket.resetAndDestroy();
    return { sent: sent + (peer?.sent ?? 0), answered: arrived + (peer?.arrived ?? 0), closed: broken || peer === undefined, silent: 0 };
  };
}

/** Bytes there and back on one connection. */
function streamHeld({ host, port, everyMs, timeoutMs }: StreamRequest): () => Promise<StreamReport> {
  let [sent, answered, closed, lastHeardAt] = [0, 0, false, 0];
  const socket: Socket = connect({ host, port });
  socket.setNoDelay(true);
  socket.on('data', (data: Buffer) => {
    answered += data.length;
    lastHeardAt = readClock();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => void (closed = true));
  const timer = setInterval(() => {
    if (!closed && socket.write('x')) sent += 1;
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await waitUntil(() => answered === sent || closed, timeoutMs);
    const counts = { sent, answered, closed, silent: 0, lastHeardAt };
    socket.destroy();
    return counts;
  };
}

function streamDatagrams({ host, port, everyMs, timeoutMs, localPort }: StreamRequest): () => Promise<StreamReport> {
  const answered: boolean[] = [];
  const socket = openDatagrams(host);
  if (localPort !== undefined) socket.bind(localPort);
  socket.on('message', (message) => void (answered[message.readUInt32BE()] = true));
  const timer = setInterval(() => {
    const message = Buffer.alloc(4);
    message.writeUInt32BE(answered.push(false) - 1);
    socket.send(message, port, host);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await waitUntil(() => answered.every(Boolean), timeoutMs);
    socket.close();
    return report(answered, false);
  };
}

/** The same for every process of the machine. */
export function readClock(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function report(answered: readonly boolean[], closed: boolean): StreamReport {
  return {
    sent: answered.length,
    answered: answered.filter(Boolean).length,
    closed,
    silent: answered.length - 1 - answered.lastIndexOf(true),
  };
}

async function waitUntil(holds: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
}
