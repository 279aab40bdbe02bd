/** Runs inside a namespace: answers with its name, opens flows that stay open, and speaks on them when it is asked to, as lines of JSON on its standard input say. */

import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Answer, Opening, Serving, TalkAnswers, TalkRequest } from './proxy-talker-protocol.ts';

/** Texts end with a line feed: a stream knows no datagrams. */
const PUSH = '!\n';

/** The client's side of a flow. */
interface Flow {
  readonly send: (text: string) => void;
  readonly end: () => void;
  /** What came, and is not taken yet: the last one may not be whole. */
  inbox: string;
  /** Why nothing more will come, or why the last datagram was not answered. */
  ended: Answer | undefined;
  readonly datagrams: boolean;
  wake: () => void;
}

const flows = new Map<string, Flow>();
const pushes = new Set<() => void>();
const served = new Set<Socket>();
const visitors = new Map<string, number>();

function welcome(address: string | undefined): void {
  const visitor = (address ?? '').replace('::ffff:', '');
  visitors.set(visitor, (visitors.get(visitor) ?? 0) + 1);
}

async function serve({ name, tcp, udp, hosts = ['0.0.0.0', '::'] }: Serving): Promise<void> {
  const ready = hosts.flatMap((host) => [
    ...tcp.map((port) => serveTcp(name, host, port)),
    ...udp.map((port) => serveUdp(name, host, port)),
  ]);
  await Promise.all(ready);
}

function serveTcp(name: string, host: string, port: number): Promise<void> {
  const server = createServer((socket) => {
    const push = (): void => void socket.write(PUSH);
    socket.setNoDelay(true);
    pushes.add(push);
    served.add(socket);
    socket.on('data', () => {
      welcome(socket.remoteAddress);
      socket.write(`${name}\n`);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      pushes.delete(push);
      served.delete(socket);
    });
  });
  return new Promise((resolve) => void server.listen({ port, host, ipv6Only: true }, resolve));
}

function serveUdp(name: string, host: string, port: number): Promise<void> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', ipv6Only: isIPv6(host) });
  const known = new Map<string, () => void>();
  socket.on('message', (_message, { address, port: from }) => {
    const client = `${address} ${from}`;
    const push = known.get(client) ?? ((): void => socket.send(PUSH, from, address));
    known.set(client, push);
    pushes.add(push);
    welcome(address);
    socket.send(`${name}\n`, from, address);
  });
  return new Promise((resolve) => {
    socket.bind(port, host, () => {
      // From here on what goes wrong is a client's affair.
      socket.on('error', () => undefined);
      resolve();
    });
  });
}

function addFlow(name: string, datagrams: boolean, send: (text: string) => void, end: () => void): Flow {
  const flow: Flow = { send, end, inbox: '', ended: undefined, datagrams, wake: () => undefined };
  flows.set(name, flow);
  return flow;
}

function finish(flow: Flow, why: Answer): void {
  flow.ended ??= why;
  flow.wake();
}

function receive(flow: Flow, data: Buffer): void {
  flow.inbox += data.toString();
  flow.wake();
}

function explain(error: Error, opened: boolean): Answer {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
      return opened ? 'cut' : 'refused';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'unreachable';
    default:
      return error.message;
  }
}

function openTcp(name: string, { host, port, from, sourcePort }: Opening): Flow {
  const bound = { ...(from === undefined ? {} : { localAddress: from }), ...(sourcePort === undefined ? {} : { localPort: sourcePort }) };
  const socket: Socket = connect({ host, port, ...bound });
  let opened = false;
  const flow = addFlow(
    name,
    false,
    (text) => void socket.write(text),
    // What the kernel would go on sending for a closed connection could be taken for a later test's.
    () => void (opened ? socket.resetAndDestroy() : socket.destroy()),
  );
  socket.setNoDelay(true);
  socket.on('connect', () => (opened = true));
  socket.on('data', (data: Buffer) => receive(flow, data));
  socket.on('error', (error) => finish(flow, explain(error, opened)));
  socket.on('close', () => finish(flow, 'cut'));
  return flow;
}

function openUdp(name: string, { host, port, from, sourcePort }: Opening): Flow {
  const socket: DatagramSocket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  const connected = Promise.withResolvers<void>();
  const flow = addFlow(
    name,
    true,
    (text) => void connected.promise.then(() => socket.send(text)),
    () => socket.close(),
  );
  socket.on('message', (data) => receive(flow, data));
  socket.on('error', (error) => finish(flow, explain(error, true)));
  socket.bind(sourcePort ?? 0, from ?? (isIPv6(host) ? '::' : '0.0.0.0'), () => socket.connect(port, host, () => connected.resolve()));
  return flow;
}

/** The push, or the first text that is none, once it is there whole. */
async function take(flow: Flow, what: 'push' | 'answer', timeoutMs: number): Promise<string | undefined> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = (what === 'push' ? /^!\n/m : /^[^!\n]+\n/m).exec(flow.inbox)?.[0];
    if (found !== undefined) {
      flow.inbox = flow.inbox.replace(found, '');
      return found.trim();
    }
    const left = deadline - performance.now();
    if (left <= 0 || flow.ended !== undefined) return undefined;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      flow.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

async function say(name: string, timeoutMs: number): Promise<Answer> {
  const flow = flows.get(name);
  if (flow === undefined) return 'no such flow';
  // A late answer to an earlier question answers no later one.
  flow.inbox = flow.inbox.replaceAll(/^[^!\n]+\n/gm, '');
  // A refusal is of one datagram: the next one may be answered.
  if (flow.datagrams) flow.ended = undefined;
  flow.send('?');
  return (await take(flow, 'answer', timeoutMs)) ?? flow.ended ?? 'silent';
}

async function answer(request: TalkRequest): Promise<TalkAnswers[TalkRequest['op']]> {
  switch (request.op) {
    case 'serve':
      return serve(request);
    case 'open':
      (request.protocol === 'TCP' ? openTcp : openUdp)(request.flow, request);
      return say(request.flow, request.timeoutMs);
    case 'say':
      return say(request.flow, request.timeoutMs);
    case 'push':
      for (const push of pushes) push();
      return undefined;
    case 'forget':
      for (const socket of served) socket.resetAndDestroy();
      pushes.clear();
      return undefined;
    case 'pushed': {
      const flow = flows.get(request.flow);
      return flow !== undefined && (await take(flow, 'push', request.timeoutMs)) !== undefined;
    }
    case 'close':
      flows.get(request.flow)?.end();
      flows.delete(request.flow);
      return undefined;
    case 'visitors':
      return Object.fromEntries(visitors);
  }
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const request = JSON.parse(line) as TalkRequest & { readonly id: number };
    void answer(request).then((result) => process.stdout.write(`${JSON.stringify({ id: request.id, result: result ?? null })}\n`));
  })
  .on('close', () => process.exit());
