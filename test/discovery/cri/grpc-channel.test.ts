import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GrpcChannel, GrpcFailure } from '../../../src/discovery/cri/grpc-channel.ts';

const DEADLINE_MS = 300;
const HELLO = Buffer.from('hello');

let folder: string;
let channel: GrpcChannel | undefined;
let stop: (() => void) | undefined;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'postern-test-'))));
afterEach(() => {
  channel?.close();
  stop?.();
  rmSync(folder, { recursive: true });
});

async function serve(answer: (stream: ServerHttp2Stream, request: Buffer) => void): Promise<GrpcChannel> {
  const server: Http2Server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    const pieces: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => answer(stream, Buffer.concat(pieces)));
  });
  const path = join(folder, 'socket');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  stop = () => server.close();
  return (channel = new GrpcChannel(path));
}

function framed(message: Buffer, length = message.length, compressed = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed;
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
}

function reply(stream: ServerHttp2Stream, body: Buffer, trailers: Readonly<Record<string, string>>): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

async function failureOf(call: Promise<unknown>): Promise<GrpcFailure> {
  const result = await call.catch((error: unknown) => error);
  expect(result).toBeInstanceOf(GrpcFailure);
  return result as GrpcFailure;
}

describe('a call', () => {
  test('brings a message there and its answer back', async () => {
    const { call } = bind(await serve((stream, request) => reply(stream, request, { 'grpc-status': '0' })));
    expect(Buffer.from(await call('/a.B/C', HELLO))).toEqual(HELLO);
    expect(Buffer.from(await call('/a.B/C', Buffer.alloc(0)))).toEqual(Buffer.alloc(0));
    const large = Buffer.alloc(3 << 20, 7);
    expect(Buffer.from(await call('/a.B/C', large)).equals(large)).toBe(true);
  });

  test('says what the server says, with its code', async () => {
    const { call } = bind(
      await serve((stream) => reply(stream, Buffer.alloc(0), { 'grpc-status': '5', 'grpc-message': 'no%20such%20pod' })),
    );
    expect(await failureOf(call('/a.B/C', HELLO))).toMatchObject({ code: 5, message: 'no such pod' });
  });

  test('takes a status that comes instead of an answer', async () => {
    const { call } = bind(
      await serve((stream) => stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'bad %zz' }, { endStream: true })),
    );
    expect(await failureOf(call('/a.B/C', HELLO))).toMatchObject({ code: 12, message: 'bad %zz' });
  });

  test.each([
    ['without a status', (stream: ServerHttp2Stream) => reply(stream, framed(HELLO), {}), 'no status came (HTTP 200)'],
    [
      'of another protocol',
      (stream: ServerHttp2Stream) => stream.respond({ ':status': 502 }, { endStream: true }),
      'no status came (HTTP 502)',
    ],
    ['cut short', (stream: ServerHttp2Stream) => reply(stream, framed(HELLO, 9), { 'grpc-status': '0' }), 'not one message'],
    ['compressed', (stream: ServerHttp2Stream) => reply(stream, framed(HELLO, 5, 1), { 'grpc-status': '0' }), 'not one message'],
    ['empty', (stream: ServerHttp2Stream) => reply(stream, Buffer.alloc(0), { 'grpc-status': '0' }), 'not one message'],
    [
      'longer than any',
      (stream: ServerHttp2Stream) => reply(stream, framed(Buffer.alloc(17 << 20)), { 'grpc-status': '0' }),
      'longer than 16777216 bytes',
    ],
    ['broken off', (stream: ServerHttp2Stream) => stream.close(2), ''],
  ])('refuses an answer %s', async (_name, answer, message) => {
    const { call } = bind(await serve(answer), 5000);
    expect(await failureOf(call('/a.B/C', HELLO))).toMatchObject({ code: undefined, message: expect.stringContaining(message) as string });
  });

  test('ends at its deadline', async () => {
    const { call } = bind(await serve(() => undefined));
    expect(await failureOf(call('/a.B/C', HELLO))).toMatchObject({ message: `no answer within ${DEADLINE_MS} ms` });
  });

  test('fails where nobody listens, and after the channel was closed', async () => {
    channel = new GrpcChannel(join(folder, 'nobody'));
    const { call } = bind(channel);
    expect((await failureOf(call('/a.B/C', HELLO))).message).toContain('ENOENT');
    await expect(call('/a.B/C', HELLO)).rejects.toThrow('destroyed');
    channel.close();
    await expect(call('/a.B/C', HELLO)).rejects.toThrow('destroyed');
  });

  test('fails where the socket is of another kind', async () => {
    const server = createSocketServer((socket) => socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const path = join(folder, 'socket');
    await new Promise<void>((resolve) => server.listen(path, resolve));
    stop = () => server.close();
    channel = new GrpcChannel(path);
    expect((await failureOf(bind(channel).call('/a.B/C', HELLO))).code).toBeUndefined();
  });
});

function bind(of: GrpcChannel, deadlineMs = DEADLINE_MS) {
  return { call: (method: string, message: Buffer) => of.call(method, message, deadlineMs) };
}
