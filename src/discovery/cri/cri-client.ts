/** Calls to a container runtime over its socket (CRI, gRPC). */

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
import { GRPC_NOT_FOUND, GrpcChannel, GrpcFailure } from './grpc-channel.ts';

const SERVICE = '/runtime.v1.RuntimeService/';
/** A runtime that is busy starting pods answers within milliseconds; nothing waits for one that does not. */
const DEADLINE_MS = 2000;

export class CriClient {
  readonly #channel: GrpcChannel;
  readonly #path: string;

  /** Nothing is asked yet: a socket that nobody listens at shows at the first call. */
  constructor(path: string) {
    this.#path = path;
    this.#channel = new GrpcChannel(path);
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
      if (error instanceof PosternError && error.cause instanceof GrpcFailure && error.cause.code === GRPC_NOT_FOUND) return undefined;
      throw error;
    }
  }

  /** Calls back with each event of a container or sandbox, not saying which; `onEnd` once, when no more will come. */
  watchEvents(onEvent: () => void, onEnd: () => void): void {
    this.#channel.listen(`${SERVICE}GetContainerEvents`, encodeEmpty(), onEvent, onEnd);
  }

  close(): void {
    this.#channel.close();
  }

  async #call<Result>(method: string, request: Uint8Array, decode: (bytes: Uint8Array) => Result): Promise<Result> {
    try {
      return decode(await this.#channel.call(`${SERVICE}${method}`, request, DEADLINE_MS));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new PosternError('E_CRI', `${this.#path} does not answer ${method}: ${reason}`, { cause });
    }
  }
}
