/** Ask a pod's process one thing. */

import { PodConnection, type PodControl } from './pod-connection.ts';
import type { PodOperation, PodRequests } from './pod-protocol.ts';

/** `E_LAB_POD` where the process is gone or says that it failed. */
export async function askPod<O extends PodOperation>(
  pod: PodControl,
  op: O,
  request: PodRequests[O]['request'],
): Promise<PodRequests[O]['result']> {
  const connection = new PodConnection(pod);
  try {
    return await connection.ask(op, request);
  } finally {
    connection.close();
  }
}
