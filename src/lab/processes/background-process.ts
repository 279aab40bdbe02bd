/** Start long-lived processes inside a lab's namespaces: they outlive the command that starts them. */

import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PosternError } from '../../model/error.ts';
import { identifyProcess, isRunning, type ProcessId } from './processes.ts';
import { commandEnvironment, enterNamespace } from './run-command.ts';

/** Run a module of ours with the running Node, in a namespace, with its output in a log file. */
export function startModule(netns: string, module: string, args: readonly string[], log: string): ProcessId {
  const output = openSync(log, 'a');
  const [command = '', ...rest] = enterNamespace(netns, [process.execPath, module, ...args]);
  const environment = commandEnvironment();
  // Options meant for the parent (a debugger's port, a test runner's hooks) would do harm in the child.
  delete environment['NODE_OPTIONS'];
  const child = spawn(command, rest, { detached: true, stdio: ['ignore', output, output], env: environment });
  closeSync(output);
  child.on('error', () => undefined);
  child.unref();
  const id = child.pid === undefined ? undefined : identifyProcess(child.pid);
  if (id !== undefined) return id;
  throw new PosternError('E_LAB_COMMAND', `cannot start ${command}`, { mend: 'install util-linux' });
}

/** Path of a module beside the calling one: `.ts` when running from source, `.js` when compiled. `name` without extension. */
export function siblingModule(moduleUrl: string, name: string): string {
  const extension = moduleUrl.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`${name}.${extension}`, moduleUrl).pathname;
}

/** Wait until the process has made its socket. Throws as soon as it ended instead, with the end of its log. */
export async function waitForSocket(what: string, id: ProcessId, socket: string, log: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!existsSync(socket)) {
    const ended = !isRunning(id);
    if (ended || performance.now() > deadline) {
      throw new PosternError('E_LAB_PROCESS', `${what} ${ended ? 'ended' : 'is not ready'}: ${endOfFile(log)}`);
    }
    await sleep(10);
  }
}

export function endOfFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim().split('\n').slice(-15).join('\n') || '(its log is empty)';
  } catch {
    return '(it has no log)';
  }
}
