/** The real agent in each of a lab's nodes: start it, wait until it enforces, listen to what it drops. */

import { request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NamedEvent } from '../../agent/drop-log.ts';
import { PosternError } from '../../model/error.ts';
import { endOfFile, siblingModule, startModule } from './background-process.ts';
import { readJsonLines } from './json-lines.ts';
import type { AgentState, NodeState } from '../state/lab-state.ts';
import { isRunning, type ProcessId } from './processes.ts';
import { runCommand } from './run-command.ts';

/** A first start loads programs and maps; two cores may be busy. */
const SETTLE_TIMEOUT_MS = 30_000;

const MAIN = siblingModule(import.meta.url, '../../main');

export function startAgent(node: NodeState, agent: AgentState, manifests: string): ProcessId {
  const args = ['agent', '--source', `files:${manifests}`, '--node', node.name, '--bpf-root', agent.bpfRoot, '--socket', agent.socket];
  return startModule(node.netns, MAIN, args, agent.log);
}

/** Take every program, pin and map of a node's agent away again. The agent itself has ended. */
export async function uninstallAgent(netns: string, bpfRoot: string): Promise<void> {
  await runCommand([process.execPath, MAIN, 'agent', 'uninstall', '--bpf-root', bpfRoot], { netns });
}

/** Returns when the agent has read the folder anew and everything in it is in force. `E_LAB_AGENT` with the end of its log. */
export async function settleAgent(node: string, agent: AgentState): Promise<void> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  for (;;) {
    const failure = await postSettle(agent.socket).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    );
    if (failure === undefined) return;
    const starting = failure.code === 'ENOENT' || failure.code === 'ECONNREFUSED';
    const running = agent.process !== undefined && isRunning(agent.process);
    if (!starting || !running || performance.now() > deadline) {
      throw new PosternError(
        'E_LAB_AGENT',
        `the agent of ${node} ${running ? 'does not settle' : 'has ended'} (${failure.message}): ${endOfFile(agent.log)}`,
        {
          cause: failure,
        },
      );
    }
    await sleep(20);
  }
}

/** `GET /status` as it comes; undefined where the agent does not answer. */
export async function agentStatus(agent: AgentState): Promise<unknown> {
  try {
    const response = await open(agent.socket, 'GET', '/status');
    return JSON.parse(await readBody(response));
  } catch {
    return undefined;
  }
}

/** Every drop from now on; ends when `signal` aborts or the agent goes away. */
export async function* agentEvents(agent: AgentState, signal: AbortSignal): AsyncGenerator<NamedEvent> {
  try {
    const response = await open(agent.socket, 'GET', '/events', signal);
    for await (const event of readJsonLines(response)) yield event as NamedEvent;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function postSettle(socket: string): Promise<void> {
  const response = await open(socket, 'POST', '/settle', AbortSignal.timeout(SETTLE_TIMEOUT_MS));
  const body = await readBody(response);
  if (response.statusCode !== 200) throw new Error(`settle answered ${response.statusCode}: ${body.trim().slice(0, 1000)}`);
}

function open(socketPath: string, method: string, path: string, signal?: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, ...(signal === undefined ? {} : { signal }) }, resolve);
    call.on('error', reject);
    call.end();
  });
}

async function readBody(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) body += chunk;
  return body;
}
