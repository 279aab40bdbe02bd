/**
 * Calls of gRPC over HTTP/2 and a unix socket, as much of it as a container runtime is asked: no TLS, no compression, no connection that is made anew.
 * In the place of a library, since that takes 20 MiB of memory on every node. Source: doc/PROTOCOL-HTTP2.md of grpc/grpc.
 */

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectSocket } from 'node:net';

/** Beside `code`, what the server says. */
export class GrpcFailure extends Error {
  /** doc/statuscodes.md of grpc/grpc; undefined where no status came. */
  readonly code: number | undefined;

  constructor(code: number | undefined, message: string) {
    super(message);
    this.code = code;
  }
}

export const GRPC_NOT_FOUND = 5;
const OK = '0';
/** Bytes: whether the message is compressed, and its length. */
const PREFIX = 5;
/** As much as kubelets take. */
const LONGEST_MESSAGE = 16 << 20;

const { HTTP2_HEADER_METHOD, HTTP2_HEADER_PATH, HTTP2_HEADER_CONTENT_TYPE, HTTP2_HEADER_TE, NGHTTP2_CANCEL } = constants;

export class GrpcChannel {
  readonly #session: ClientHttp2Session;

  /** Nothing is asked yet: a socket that nobody listens at shows at the first call. */
  constructor(path: string) {
    this.#session = connect('http://localhost', { createConnection: () => connectSocket(path) });
    // Each call tells of it, too.
    this.#session.on('error', () => undefined);
  }

  /** One message for one message. Rejects with a `GrpcFailure`. */
  call(method: string, request: Uint8Array, deadlineMs: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const stream = this.#open(method, request, deadlineMs);
      const pieces: Buffer[] = [];
      let length = 0;
      let status: IncomingHttpHeaders = {};
      let failure: Error | undefined;
      const timer = setTimeout(() => {
        failure = new GrpcFailure(undefined, `no answer within ${deadlineMs} ms`);
        stream.close(NGHTTP2_CANCEL);
      }, deadlineMs);
      stream.on('data', (piece: Buffer) => {
        pieces.push(piece);
        length += piece.length;
        if (length <= LONGEST_MESSAGE) return;
        failure = new GrpcFailure(undefined, `the answer is longer than ${LONGEST_MESSAGE} bytes`);
        stream.close(NGHTTP2_CANCEL);
      });
      // Where there is nothing else to say, the status comes with the first headers.
      stream.on('response', (headers) => (status = headers));
      stream.on('trailers', (headers) => (status = headers));
      stream.on('error', (error: Error) => (failure ??= new GrpcFailure(undefined, error.message)));
      stream.on('close', () => {
        clearTimeout(timer);
        failure ??= readStatus(status);
        const answer = unframe(Buffer.concat(pieces));
        if (failure === undefined && answer !== undefined) resolve(answer);
        else reject(failure ?? new GrpcFailure(undefined, `${length} bytes came that are not one message`));
      });
    });
  }

  /** Calls back with whatever comes, and once when nothing more will. */
  listen(method: string, request: Uint8Array, onMessage: () => void, onEnd: () => void): void {
    const stream = this.#open(method, request);
    stream.on('data', onMessage);
    stream.on('error', () => undefined);
    stream.on('close', onEnd);
  }

  /** Ends the calls under way, too. */
  close(): void {
    this.#session.destroy();
  }

  #open(method: string, request: Uint8Array, deadlineMs?: number): ClientHttp2Stream {
    const stream = this.#session.request({
      [HTTP2_HEADER_METHOD]: 'POST',
      [HTTP2_HEADER_PATH]: method,
      [HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      [HTTP2_HEADER_TE]: 'trailers',
      ...(deadlineMs === undefined ? {} : { 'grpc-timeout': `${deadlineMs}m` }),
    });
    stream.end(frame(request));
    return stream;
  }
}

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.alloc(PREFIX + message.length);
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX);
  return framed;
}

/** `undefined`: it is not one message, whole and uncompressed. */
function unframe(framed: Buffer): Uint8Array | undefined {
  const whole = framed.length >= PREFIX && framed[0] === 0 && framed.readUInt32BE(1) === framed.length - PREFIX;
  return whole ? framed.subarray(PREFIX) : undefined;
}

function readStatus(headers: IncomingHttpHeaders): GrpcFailure | undefined {
  const status = headers['grpc-status'];
  if (status === OK) return undefined;
  if (status === undefined) return new GrpcFailure(undefined, `no status came (HTTP ${String(headers[':status'] ?? 'none')})`);
  return new GrpcFailure(Number(status), decodeMessage(String(headers['grpc-message'] ?? `status ${String(status)}`)));
}

function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
