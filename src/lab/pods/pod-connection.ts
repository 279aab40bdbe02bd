/** A connection to a pod's process over which many requests are under way at once. */

import net from 'node:net';
import { PosternError } from '../../model/error.ts';
import { readJsonLines } from '../processes/json-lines.ts';
import type { PodOperation, PodReply, PodRequests } from './pod-protocol.ts';

/** Where and whom to ask. */
export interface PodControl {
  readonly key: string;
  readonly socket: string;
}

interface Waiting {
  readonly op: PodOperation;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: PosternError) => void;
}

export class PodConnection {
  readonly #pod: PodControl;
  readonly #socket: net.Socket;
  readonly #waiting = new Map<number, Waiting>();
  #failure: PosternError | undefined;
  #next = 1;

  constructor(pod: PodControl) {
    this.#pod = pod;
    this.#socket = net.connect(pod.socket);
    void this.#readReplies();
  }

  /** `E_LAB_POD` where the process is gone or says that it failed. */
  ask<O extends PodOperation>(op: O, request: PodRequests[O]['request']): Promise<PodRequests[O]['result']> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      const id = this.#next++;
      this.#waiting.set(id, { op, resolve: resolve as (result: unknown) => void, reject });
      this.#socket.write(`${JSON.stringify({ id, op, request })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  async #readReplies(): Promise<void> {
    try {
      for await (const reply of readJsonLines(this.#socket)) this.#settle(reply as PodReply);
      this.#fail(new Error('the process closed the connection'));
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #settle(reply: PodReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (waiting === undefined) return;
    if ('result' in reply) waiting.resolve(reply.result);
    else waiting.reject(new PosternError('E_LAB_POD', `pod ${this.#pod.key}: ${waiting.op} failed: ${reply.error}`));
  }

  #fail(cause: Error): void {
    this.#failure = new PosternError('E_LAB_POD', `the process of pod ${this.#pod.key} does not answer: ${cause.message}`, {
      mend: 'see its log in the lab folder; lab down and up makes a new one',
      cause,
    });
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}
