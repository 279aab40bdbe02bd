/** Runs inside a pod: serves, opens flows and counts, as lines of JSON on its standard input ask it to. */

import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Talk } from './talk.ts';
import { readLosses } from './tcp-losses.ts';
import type { Answers, Request, StreamReport } from './traffic-protocol.ts';
import { echoOnce, openDatagrams, STREAMS } from './traffic-streams.ts';

const TALK_MS = 20;
/** Between them the process lets others run. */
const FLOOD_BURST = 200;

const heard = new Map<string, number>();
const streams = new Map<string, () => Promise<StreamReport>>();
const served = new Set<Socket>();

function hear(peer: string): void {
  heard.set(peer, (heard.get(peer) ?? 0) + 1);
}

/** An IPv4 address as such, though the listening socket serves both families. */
function peerOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace('::ffff:', '');
}

function serveTcp(port: number, serveOne: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    hear(peerOf(socket));
    served.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => served.delete(socket));
    serveOne(socket);
  });
  return new Promise((resolve) => void server.listen(port, '::', resolve));
}

function serveTalk(socket: Socket): void {
  const talk = new Talk(socket, TALK_MS, () => talk.end());
}

/** One socket for each family: an answer through a socket of both leaves by the address that was asked in neither. */
function serveUdp(port: number): Promise<void>[] {
  return (['udp4', 'udp6'] as const).map((type) => {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    socket.on('message', (message, { address, port: from }) => {
      hear(address);
      socket.send(message, from, address);
    });
    return new Promise((resolve) => void socket.bind(port, resolve));
  });
}

async function serve({ echo, talk, udp }: Request & { readonly op: 'serve' }): Promise<void> {
  const ready = [
    ...echo.map((port) => serveTcp(port, (socket) => socket.pipe(socket))),
    ...talk.map((port) => serveTcp(port, serveTalk)),
    ...udp.flatMap(serveUdp),
  ];
  await Promise.all(ready);
}

function askDatagram(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = openDatagrams(host);
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.close();
      resolve(answered);
    };
    const timer = setTimeout(() => end(false), timeoutMs);
    socket.on('message', () => end(true));
    socket.send(Buffer.alloc(4), port, host);
  });
}

async function flood({ host, count, firstPort }: Request & { readonly op: 'flood' }): Promise<void> {
  const socket = openDatagrams(host);
  for (let index = 0; index < count; index += 1) {
    socket.send('x', firstPort + index, host);
    if (index % FLOOD_BURST === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  socket.close();
}

async function answer(request: Request): Promise<Answers[Request['op']]> {
  switch (request.op) {
    case 'serve':
      return serve(request);
    case 'connect':
      return echoOnce(request.host, request.port, request.timeoutMs);
    case 'datagram':
      return askDatagram(request.host, request.port, request.timeoutMs);
    case 'flood':
      return flood(request);
    case 'forget':
      for (const socket of served) if (request.peers.includes(peerOf(socket))) socket.resetAndDestroy();
      return undefined;
    case 'heard':
      return Object.fromEntries(heard);
    case 'losses':
      return readLosses();
    case 'start':
      streams.set(request.name, STREAMS[request.stream](request));
      return undefined;
    case 'stop': {
      const stop = streams.get(request.name);
      if (stop === undefined) throw new Error(`no stream "${request.name}"`);
      streams.delete(request.name);
      return stop();
    }
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request = JSON.parse(line) as Request & { readonly id: number };
    void answer(request).then((result) => process.stdout.write(`${JSON.stringify({ id: request.id, result: result ?? null })}\n`));
  })
  .on('close', () => process.exit());
