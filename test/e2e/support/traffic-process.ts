/** Runs inside a pod: serves echo, opens flows and counts, as lines of JSON on its standard input ask it to. */

import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Answers, Request, StreamReport, StreamRequest } from './traffic-protocol.ts';

const heard = new Map<string, number>();
const streams = new Map<string, () => Promise<StreamReport>>();

function hear(peer: string | undefined): void {
  const from = (peer ?? '').replace('::ffff:', '');
  heard.set(from, (heard.get(from) ?? 0) + 1);
}

async function serve(tcp: readonly number[], udp: readonly number[]): Promise<void> {
  const ready = tcp.map((port) => {
    const server = createServer((socket) => {
      hear(socket.remoteAddress);
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    return new Promise<void>((resolve) => void server.listen(port, '::', resolve));
  });
  for (const port of udp) {
    // One for each family: an answer through a socket of both leaves by the address that was asked in neither.
    for (const type of ['udp4', 'udp6'] as const) {
      const socket = createSocket({ type, ipv6Only: type === 'udp6' });
      socket.on('message', (message, { address, port: from }) => {
        hear(address);
        socket.send(message, from, address);
      });
      ready.push(new Promise<void>((resolve) => void socket.bind(port, resolve)));
    }
  }
  await Promise.all(ready);
}

/** One byte there and back. */
function echoOnce(host: string, port: number, timeoutMs: number): Promise<boolean> {
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

function openDatagrams(host: string): DatagramSocket {
  return createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' }).on('error', () => undefined);
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
    socket.send('x', port, host);
  });
}

/** A connection every so often. */
function streamConnections({ host, port, everyMs, timeoutMs }: StreamRequest): () => Promise<StreamReport> {
  const open: Promise<boolean>[] = [];
  const timer = setInterval(() => void open.push(echoOnce(host, port, timeoutMs)), everyMs);
  return async () => {
    clearInterval(timer);
    const results = await Promise.all(open);
    return { sent: results.length, answered: results.filter(Boolean).length, closed: false };
  };
}

/** Bytes there and back on one connection. */
function streamHeld({ host, port, everyMs, timeoutMs }: StreamRequest): () => Promise<StreamReport> {
  let [sent, answered, closed] = [0, 0, false];
  const socket: Socket = connect({ host, port });
  socket.setNoDelay(true);
  socket.on('data', (data: Buffer) => void (answered += data.length));
  socket.on('error', () => undefined);
  socket.on('close', () => void (closed = true));
  const timer = setInterval(() => {
    if (!closed && socket.write('x')) sent += 1;
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await waitUntil(() => answered === sent || closed, timeoutMs);
    const report = { sent, answered, closed };
    socket.destroy();
    return report;
  };
}

/** Datagrams from one socket. */
function streamDatagrams({ host, port, everyMs, timeoutMs }: StreamRequest): () => Promise<StreamReport> {
  let [sent, answered] = [0, 0];
  const socket = openDatagrams(host);
  socket.on('message', () => void (answered += 1));
  const timer = setInterval(() => {
    sent += 1;
    socket.send('x', port, host);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await waitUntil(() => answered === sent, timeoutMs);
    socket.close();
    return { sent, answered, closed: false };
  };
}

async function waitUntil(holds: () => boolean, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!holds() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** TCP segments that this namespace sent again and that the other side had not yet had: one for every packet that was lost, however slow the machine. */
function readLosses(): number {
  return readCounter('snmp', 'Tcp', 'RetransSegs') - readCounter('netstat', 'TcpExt', 'TCPDSACKRecv');
}

/** A pair of lines for each group: names, then values. */
function readCounter(file: 'snmp' | 'netstat', group: string, name: string): number {
  const [names, values] = readFileSync(`/proc/self/net/${file}`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${group}:`))
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf(name) ?? -1]);
}

async function answer(request: Request): Promise<Answers[Request['op']]> {
  switch (request.op) {
    case 'serve':
      return serve(request.tcp, request.udp);
    case 'connect':
      return echoOnce(request.host, request.port, request.timeoutMs);
    case 'datagram':
      return askDatagram(request.host, request.port, request.timeoutMs);
    case 'heard':
      return Object.fromEntries(heard);
    case 'losses':
      return readLosses();
    case 'start':
      streams.set(request.name, { connections: streamConnections, held: streamHeld, datagrams: streamDatagrams }[request.stream](request));
      return undefined;
    case 'stop': {
      const stop = streams.get(request.name);
      streams.delete(request.name);
      return stop?.() ?? { sent: 0, answered: 0, closed: true };
    }
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request = JSON.parse(line) as Request & { readonly id: number };
    void answer(request).then((result) => process.stdout.write(`${JSON.stringify({ id: request.id, result: result ?? null })}\n`));
  })
  .on('close', () => process.exit());
