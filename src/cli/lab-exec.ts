/** `postern lab exec`: a command in a pod's network namespace, with this terminal as its own. */

import { spawn } from 'node:child_process';
import { PosternError } from '../model/error.ts';
import { Lab } from '../lab/lab.ts';
import { commandEnvironment, enterNamespace } from '../lab/processes/run-command.ts';
import type { LabPod } from '../lab/types.ts';

/** Exits with the command's code. */
export async function runLabExec(pod: string, argv: readonly string[], { name }: { readonly name: string }): Promise<void> {
  const lab = await Lab.open(name);
  const { netns } = findPod(lab.pods(), pod);
  const [command = '', ...args] = enterNamespace(netns, argv);
  // The terminal sends Ctrl-C to both; the command decides what it means.
  process.on('SIGINT', () => undefined);
  process.exitCode = await new Promise<number>((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: commandEnvironment() });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** By `namespace/name`, or by the name alone where only one pod has it. */
export function findPod(pods: readonly LabPod[], wanted: string): LabPod {
  const found = pods.filter(({ key }) => key === wanted || (!wanted.includes('/') && key.endsWith(`/${wanted}`)));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const which = found.length === 0 ? 'no pod' : `several pods (${found.map(({ key }) => key).join(', ')})`;
  throw new PosternError('E_LAB_POD', `${which} of the lab can be called ${wanted}`, { mend: 'postern lab status lists the pods' });
}
