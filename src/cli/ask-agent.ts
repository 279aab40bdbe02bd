/** Asks a running agent over its unix socket. */

import { request } from 'node:http';
import { DEFAULT_ROOT, defaultSocket } from '../agent/default-paths.ts';
import { PosternError } from '../model/error.ts';
import type { AgentFlags } from './agent-options.ts';
import { findOnlySocket } from './find-socket.ts';
import { noAgent } from './no-agent.ts';

/**
 * `--socket`; or the default one of `--node`, or of the node that the environment names (`POSTERN_NODE` or `NODE_NAME`, as in the DaemonSet's containers); or
 * the only one that there is.
 */
export function socketOf({ node = nodeOfEnvironment(), socket }: AgentFlags): string {
  if (socket !== undefined) return socket;
  return node === undefined ? findOnlySocket(DEFAULT_ROOT) : defaultSocket(node);
}

function nodeOfEnvironment(): string | undefined {
  return [process.env['POSTERN_NODE'], process.env['NODE_NAME']].find((name) => name !== undefined && name !== '');
}

/** The answer's JSON; `question` goes as the body. `E_SOCKET` where nobody answers, else `E_AGENT` with the message of the agent. */
export function askAgent<Answer>(socketPath: string, method: 'GET' | 'POST', path: string, question?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void => reject(noAgent(socketPath, cause));
    const call = request({ socketPath, method, path }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (body += chunk));
      response.on('error', fail);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(body) as Answer);
        else reject(new PosternError('E_AGENT', `the agent could not do it: ${readMessage(body)}`));
      });
    });
    call.on('error', fail);
    call.end(question);
  });
}

function readMessage(body: string): string {
  try {
    return (JSON.parse(body) as { readonly message?: string }).message ?? body;
  } catch {
    return body;
  }
}
