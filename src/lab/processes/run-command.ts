/** Run a system command, in the machine's namespace or in one of the lab's, and never outlive it. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PosternError } from '../../model/error.ts';
import { NETNS_DIR } from '../state/lab-paths.ts';
import type { CommandResult } from '../types.ts';

export interface CommandOptions {
  /** Name under /run/netns; absent: where the caller is. */
  readonly netns?: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** `ip` and `bridge` lie in the sbin folders, which sudo's and a plain shell's PATH may lack. */
export function commandEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` };
}

export function enterNamespace(netns: string, argv: readonly string[]): readonly string[] {
  return ['nsenter', `--net=${join(NETNS_DIR, netns)}`, '--', ...argv];
}

/** Resolves for any exit code (128 + signal for a killed command). `E_LAB_COMMAND` where it could not be started. */
export function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const inside = options.netns === undefined ? argv : enterNamespace(options.netns, argv);
  return new Promise((resolve, reject) => {
    // A helper that lived on after its lab was killed would make things that `lab down` has already looked for.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...inside], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...commandEnvironment(), ...options.env },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (cause) => {
      reject(new PosternError('E_LAB_COMMAND', `cannot run setpriv: ${cause.message}`, { mend: 'install util-linux and iproute2', cause }));
    });
    child.on('close', (code, signal) => {
      resolve({
        code: code ?? 128 + (signal === 'SIGKILL' ? 9 : 15),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      });
    });
    // A command that ends without reading its input is no error of ours.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** As `runCommand`, but a failure throws `E_LAB_COMMAND` with what the command said. */
export async function runChecked(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await runCommand(argv, options);
  if (result.code === 0) return result.stdout;
  const place = options.netns === undefined ? '' : ` in ${options.netns}`;
  const said = (result.stderr.trim() || result.stdout.trim()).slice(0, 2000);
  throw new PosternError('E_LAB_COMMAND', `${argv.join(' ')}${place} failed (${result.code}): ${said}`);
}
