/** A cluster's long-lived processes: started in a network namespace or inside a node, with a log, known by id, ended by id. */

import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandEnvironment } from '../../../src/lab/processes/run-command.ts';
import { identifyProcess, isRunning, killProcesses, type ProcessId } from '../../../src/lab/processes/processes.ts';

export interface StartOptions {
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export class Processes {
  readonly #logs: string;
  readonly #ids: string;

  constructor(folder: string) {
    this.#logs = join(folder, 'log');
    this.#ids = join(folder, 'pid');
    mkdirSync(this.#logs, { recursive: true });
    mkdirSync(this.#ids, { recursive: true });
  }

  start({ name, argv, env, cwd }: StartOptions): ProcessId {
    const log = openSync(this.logOf(name), 'a');
    const [command = '', ...rest] = argv;
    const child = spawn(command, rest, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...commandEnvironment(), ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    closeSync(log);
    child.on('error', () => undefined);
    child.unref();
    const id = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (id === undefined) throw new Error(`${name} did not start: ${argv.join(' ')}`);
    writeFileSync(join(this.#ids, name), JSON.stringify(id));
    return id;
  }

  logOf(name: string): string {
    return join(this.#logs, name);
  }

  idOf(name: string): ProcessId {
    const id = this.#all().get(name);
    if (id === undefined) throw new Error(`no process ${name} was started`);
    return id;
  }

  async stop(name: string): Promise<void> {
    await killProcesses([this.idOf(name)]);
  }

  /** Throws with the end of its log where it runs no more. */
  check(name: string): void {
    if (isRunning(this.idOf(name))) return;
    throw new Error(`${name} ended: ${readFileSync(this.logOf(name), 'utf8').slice(-2000)}`);
  }

  /** All of them, and what they started inside the nodes: whatever lives in the same mount namespaces, and the first processes of containers. */
  async stopAll(nodes: readonly string[]): Promise<void> {
    const ids = this.#all();
    const mounts = new Set(nodes.flatMap((node) => mountNamespaceOf(ids.get(node)) ?? []));
    const inNodes = processes().filter(({ pid }) => mounts.has(readNamespace(pid) ?? ''));
    // Before the shims, whose children they are: without them they would be anybody's.
    const containers = processes().filter(({ parent }) => inNodes.some(({ pid }) => pid === parent));
    await killProcesses([...containers, ...inNodes].flatMap(({ pid }) => identifyProcess(pid) ?? []));
    await killProcesses([...ids.values()]);
  }

  #all(): Map<string, ProcessId> {
    if (!existsSync(this.#ids)) return new Map();
    return new Map(readdirSync(this.#ids).map((name) => [name, JSON.parse(readFileSync(join(this.#ids, name), 'utf8')) as ProcessId]));
  }
}

function mountNamespaceOf(id: ProcessId | undefined): string | undefined {
  return id === undefined || !isRunning(id) ? undefined : readNamespace(id.pid);
}

function readNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    return undefined;
  }
}

function processes(): { readonly pid: number; readonly parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return [{ pid: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) }];
      } catch {
        return [];
      }
    });
}
