/** Calls to a container runtime over its socket (CRI, gRPC). */

import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { PosternError } from '../../model/error.ts';
import {
  decodeSandboxList,
  decodeSandboxStatus,
  decodeVersion,
  encodeEmpty,
  encodeSandboxId,
  type ListedSandbox,
  type RuntimeVersion,
  type SandboxStatus,
} from './cri-messages.ts';

const SERVICE = '/runtime.v1.RuntimeService/';
/** A runtime that is busy starting pods answers within milliseconds; nothing waits for one that does not. */
const DEADLINE_MS = 2000;
/** As much as kubelets take. */
const LONGEST_MESSAGE = 16 << 20;

export class CriClient {
  readonly #client: Client;
  readonly #path: string;
  #events: { cancel(): void } | undefined;

  /** Nothing is asked yet: a socket that nobody listens at shows at the first call. */
  constructor(path: string) {
    this.#path = path;
    this.#client = new Client(`unix://${path}`, credentials.createInsecure(), { 'grpc.max_receive_message_length': LONGEST_MESSAGE });
  }

  /** Throws `E_CRI`, as all do. */
  version(): Promise<RuntimeVersion> {
    return this.#call('Version', encodeEmpty(), decodeVersion);
  }

  /** Ended ones too, until they are removed. */
  listSandboxes(): Promise<readonly ListedSandbox[]> {
    return this.#call('ListPodSandbox', encodeEmpty(), decodeSandboxList);
  }

  /** `undefined`: there is none of that id any more. */
  async sandboxStatus(id: string): Promise<SandboxStatus | undefined> {
    try {
      return await this.#call('PodSandboxStatus', encodeSandboxId(id), decodeSandboxStatus);
    } catch (error) {
      if (error instanceof PosternError && isServiceError(error.cause) && error.cause.code === status.NOT_FOUND) return undefined;
      throw error;
    }
  }

  /** Calls back with each event of a container or sandbox, not saying which; `onEnd` once, when no more will come. */
  watchEvents(onEvent: () => void, onEnd: () => void): void {
    const call = this.#client.makeServerStreamRequest(`${SERVICE}GetContainerEvents`, toBuffer, () => true, encodeEmpty());
    this.#events = call;
    call.on('data', onEvent);
    call.on('error', () => undefined);
    // It comes in every case, unlike `end`.
    call.on('status', onEnd);
  }

  close(): void {
    // The channel stays open for as long as a call is under way.
    this.#events?.cancel();
    this.#client.close();
  }

  #call<Result>(method: string, request: Uint8Array, decode: (bytes: Uint8Array) => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `${SERVICE}${method}`,
        toBuffer,
        decode,
        request,
        new Metadata(),
        { deadline: Date.now() + DEADLINE_MS },
        (error, result) => {
          if (error === null && result !== undefined) resolve(result);
          else
            reject(
              new PosternError('E_CRI', `${this.#path} does not answer ${method}: ${error?.details ?? 'nothing came'}`, { cause: error }),
            );
        },
      );
    });
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes);
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}
