/** Asks a running agent over its unix socket. */

import { request } from 'node:http';
import { join } from 'node:path';
import { PosternError } from '../model/error.ts';

export interface AgentFlags {
  readonly node?: string;
  readonly socket?: string;
}

/** `--socket`, or the default one of `--node`, or of the node that the environment names (`NODE_NAME`, as in the DaemonSet's containers). */
export async function socketOf({ node = process.env['NODE_NAME'], socket }: AgentFlags): Promise<string> {
  if (socket !== undefined) return socket;
  if (node === undefined || node === '') throw new PosternError('E_USAGE', 'which agent?', { mend: 'give --node or --socket' });
  const { defaultFolder } = await import('../agent/bpf-root.ts');
  return join(defaultFolder(node), 'agent.sock');
}

/** The answer's JSON. `E_SOCKET` where nobody answers, else `E_AGENT` with the message of the agent. */
export function askAgent<Answer>(socketPath: string, method: 'GET' | 'POST', path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(
        new PosternError('E_SOCKET', `no agent answers at ${socketPath}: ${cause.message}`, {
          mend: 'is it running, and are you root? --socket names its socket',
          cause,
        }),
      );
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
    call.end();
  });
}

function readMessage(body: string): string {
  try {
    return (JSON.parse(body) as { readonly message?: string }).message ?? body;
  } catch {
    return body;
  }
}
