/** Finds the agent that is meant where nobody says which: the only one that has a socket here. */

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SOCKET_NAME } from '../agent/default-paths.ts';
import { PosternError } from '../model/error.ts';

/** Path of its socket. `E_SOCKET` where there is none, `E_USAGE` where there are several; `folder` holds a folder for each node. */
export function findOnlySocket(folder: string): string {
  const sockets = listNodes(folder)
    .map((node) => join(folder, node, SOCKET_NAME))
    .filter((path) => existsSync(path));
  const [only, other] = sockets;
  if (only === undefined)
    throw new PosternError('E_SOCKET', `there is no agent's socket under ${folder}`, {
      mend: 'run it where the agent runs, e.g. by kubectl exec in its pod, or name its socket with --socket',
    });
  if (other !== undefined)
    throw new PosternError('E_USAGE', `several agents have sockets here: ${sockets.map((path) => dirname(path)).join(', ')}`, {
      mend: 'name the node with --node',
    });
  return only;
}

function listNodes(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
