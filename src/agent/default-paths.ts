/** Where the agent of a node has its pins and its socket unless it is told otherwise. */

import { join } from 'node:path';

/** Holds a folder for each node. */
export const DEFAULT_ROOT = '/run/postern';
export const SOCKET_NAME = 'agent.sock';

export function defaultSocket(node: string): string {
  return join(DEFAULT_ROOT, node, SOCKET_NAME);
}

export function defaultBpfRoot(node: string): string {
  return join(DEFAULT_ROOT, node, 'bpf');
}
