/** Ask a pod's process something, over its control socket. */

import net from 'node:net';
import { PosternError } from '../../model/error.ts';
import { readJsonLines } from '../processes/json-lines.ts';
import type { PodOperation, PodReply, PodRequests } from './pod-protocol.ts';

/** Where and whom to ask. */
export interface PodControl {
  readonly key: string;
  readonly socket: string;
}

/** One connection a request. `E_LAB_POD` where the process is gone or says that it failed. */
export async function askPod<O extends PodOperation>(
  pod: PodControl,
  op: O,
  request: PodRequests[O]['request'],
): Promise<PodRequests[O]['result']> {
  const reply = await sendRequest(pod, JSON.stringify({ id: 1, op, request }));
  if ('result' in reply) return reply.result as PodRequests[O]['result'];
  throw new PosternError('E_LAB_POD', `pod ${pod.key}: ${op} failed: ${reply.error}`);
}

async function sendRequest(pod: PodControl, line: string): Promise<PodReply> {
  const socket = net.connect(pod.socket);
  try {
    socket.write(`${line}\n`);
    for await (const reply of readJsonLines(socket)) return reply as PodReply;
    throw new Error('the process closed the connection');
  } catch (cause) {
    throw new PosternError('E_LAB_POD', `the process of pod ${pod.key} does not answer: ${(cause as Error).message}`, {
      mend: 'see its log in the lab folder; lab down and up makes a new one',
      cause,
    });
  } finally {
    socket.destroy();
  }
}
