/** A container runtime as its socket shows it: gRPC of runtime.v1, with sandboxes that a test sets. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import { Writer } from 'protobufjs/minimal.js';

export interface FakeSandbox {
  readonly id: string;
  /** `namespace/name` */
  readonly pod: string;
  readonly uid: string;
  readonly addresses: readonly string[];
  /** Default true. */
  readonly ready?: boolean;
  readonly hostNetwork?: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt?: number;
}

interface FakeRuntimeOptions {
  readonly name?: string;
  readonly version?: string;
  /** The same socket as one that is gone. */
  readonly socket?: string;
}

/** Field numbers and wire types: 2 is a length and bytes, 0 a number. */
const bytesField = (field: number): number => (field << 3) | 2;
const numberField = (field: number): number => field << 3;
const NODE_NETWORK = 2;

export class FakeRuntime {
  readonly socket: string;
  readonly sandboxes = new Map<string, FakeSandbox>();
  /** Calls by method. */
  readonly calls: string[] = [];
  /** Answers wait for this. */
  hold: Promise<unknown> = Promise.resolve();
  readonly #server = new Server();
  readonly #folder: string | undefined;
  readonly #listeners = new Set<ServerWritableStream<Uint8Array, Uint8Array>>();

  private constructor({ name = 'containerd', version = 'v2.4.0', socket }: FakeRuntimeOptions) {
    this.#folder = socket === undefined ? mkdtempSync(join(tmpdir(), 'postern-test-')) : undefined;
    this.socket = socket ?? join(this.#folder ?? '', 'runtime.sock');
    const method = (path: string, stream: boolean): object => ({
      path: `/runtime.v1.RuntimeService/${path}`,
      requestStream: false,
      responseStream: stream,
      requestSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
      responseDeserialize: (bytes: Buffer) => bytes,
    });
    this.#server.addService(
      {
        version: method('Version', false),
        list: method('ListPodSandbox', false),
        status: method('PodSandboxStatus', false),
        events: method('GetContainerEvents', true),
      } as never,
      {
        version: this.#answer('Version', () => encodeVersion(name, version)),
        list: this.#answer('ListPodSandbox', () => encodeList([...this.sandboxes.values()])),
        status: this.#answer('PodSandboxStatus', (request) => {
          const sandbox = this.sandboxes.get(Buffer.from(request.subarray(2)).toString());
          return sandbox === undefined ? undefined : encodeStatus(sandbox);
        }),
        events: (call: ServerWritableStream<Uint8Array, Uint8Array>) => {
          this.calls.push('GetContainerEvents');
          this.#listeners.add(call);
          call.on('cancelled', () => this.#listeners.delete(call));
        },
      },
    );
  }

  static async start(options: FakeRuntimeOptions = {}): Promise<FakeRuntime> {
    const runtime = new FakeRuntime(options);
    await new Promise<void>((resolve, reject) => {
      runtime.#server.bindAsync(`unix://${runtime.socket}`, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    return runtime;
  }

  put(sandbox: FakeSandbox): void {
    this.sandboxes.set(sandbox.id, sandbox);
  }

  /** An event of some container, to everybody who listens. */
  tellEvent(): void {
    for (const listener of this.#listeners) listener.write(Writer.create().uint32(bytesField(1)).string('some container').finish());
  }

  /** At once, with open calls. */
  stop(): void {
    this.#server.forceShutdown();
  }

  [Symbol.dispose](): void {
    this.stop();
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true });
  }

  #answer(method: string, make: (request: Uint8Array) => Uint8Array | undefined) {
    return (call: ServerUnaryCall<Uint8Array, Uint8Array>, done: sendUnaryData<Uint8Array>): void => {
      this.calls.push(method);
      void this.#reply(make, call.request, done);
    };
  }

  async #reply(make: (request: Uint8Array) => Uint8Array | undefined, request: Uint8Array, done: sendUnaryData<Uint8Array>): Promise<void> {
    await this.hold;
    const answer = make(request);
    if (answer === undefined) done({ code: status.NOT_FOUND, details: 'no such sandbox' });
    else done(null, answer);
  }
}

function encodeVersion(name: string, version: string): Uint8Array {
  return Writer.create()
    .uint32(bytesField(1))
    .string('0.1.0')
    .uint32(bytesField(2))
    .string(name)
    .uint32(bytesField(3))
    .string(version)
    .finish();
}

function encodeMetadata({ pod, uid }: FakeSandbox): Uint8Array {
  const [namespace = '', name = ''] = pod.split('/');
  const writer = Writer.create().uint32(bytesField(1)).string(name).uint32(bytesField(2)).string(uid);
  return writer.uint32(bytesField(3)).string(namespace).uint32(numberField(4)).uint32(1).finish();
}

function encodeList(sandboxes: readonly FakeSandbox[]): Uint8Array {
  const list = Writer.create();
  for (const sandbox of sandboxes) {
    const item = Writer.create().uint32(bytesField(1)).string(sandbox.id).uint32(bytesField(2)).bytes(encodeMetadata(sandbox));
    if (sandbox.ready === false) item.uint32(numberField(3)).int32(1);
    item.uint32(numberField(4)).int64((sandbox.createdAt ?? 0) * 1e6);
    // Labels and annotations, which nobody reads.
    for (const field of [5, 6])
      item.uint32(bytesField(field)).bytes(Writer.create().uint32(bytesField(1)).string('app').uint32(bytesField(2)).string('x').finish());
    list.uint32(bytesField(1)).bytes(item.finish());
  }
  return list.finish();
}

function encodeStatus(sandbox: FakeSandbox): Uint8Array {
  const status = Writer.create().uint32(bytesField(1)).string(sandbox.id).uint32(bytesField(2)).bytes(encodeMetadata(sandbox));
  if (sandbox.ready === false) status.uint32(numberField(3)).int32(1);
  const [first = '', ...more] = sandbox.addresses;
  const network = Writer.create().uint32(bytesField(1)).string(first);
  for (const address of more) network.uint32(bytesField(2)).bytes(Writer.create().uint32(bytesField(1)).string(address).finish());
  status.uint32(bytesField(5)).bytes(network.finish());
  const options = Writer.create()
    .uint32(numberField(1))
    .int32(sandbox.hostNetwork === true ? NODE_NETWORK : 0)
    .finish();
  const namespaces = Writer.create().uint32(bytesField(2)).bytes(options).finish();
  status.uint32(bytesField(6)).bytes(Writer.create().uint32(bytesField(1)).bytes(namespaces).finish());
  return Writer.create().uint32(bytesField(1)).bytes(status.finish()).finish();
}
