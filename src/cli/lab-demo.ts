/** `postern lab demo`: a guided tour that ends where it began. */

import { basename, relative } from 'node:path';
import pc from 'picocolors';
import { runDemo } from '../lab/demo/demo.ts';
import type { Cni, Fabric } from '../lab/types.ts';
import { abortOnInterrupt } from './lab-interrupt.ts';

export interface DemoFlags {
  readonly cni: Cni;
  readonly fabric: Fabric;
}

/** Exits with 1 where anything observed was not as expected. */
export async function runLabDemo(options: DemoFlags): Promise<void> {
  console.log(`\n${pc.bold('Postern')}: Kubernetes NetworkPolicies on real packets\n`);
  const right = await runDemo({ ...options, signal: abortOnInterrupt(), print: (text) => console.log(text) });
  if (!right) process.exitCode = 1;
  console.log(
    right
      ? pc.green('\n   Everything was as the policies say, and everything is cleared away.')
      : pc.red('\n   Not everything was as the policies say.'),
  );
  console.log(`\n   ${pc.bold('What next')}\n${nextSteps()}\n`);
}

/** In words that can be copied from here. */
function nextSteps(): string {
  const postern = process.env['SUDO_USER'] === undefined ? calledAs() : `sudo ${calledAs()}`;
  const steps = [
    ['lab up examples/shop', 'the same shop, to play with'],
    ['lab probe', 'who reaches whom'],
    ['lab exec shop/web -- bash', 'look around from inside a pod'],
    ['lab apply examples/shop/edits', 'change a policy, or write your own'],
    ['lab down', 'nothing stays'],
  ] as const;
  return steps.map(([command, what]) => `   ${`${postern} ${command}`.padEnd(55)} ${pc.dim(what)}`).join('\n');
}

/** How the user reaches this program: by its installed name, from a checkout through npx, or as TypeScript. */
function calledAs(): string {
  const script = process.argv[1] ?? '';
  if (script.endsWith('.ts')) return `node ${relative(process.cwd(), script)}`;
  return basename(script) === 'postern' ? 'postern' : 'npx postern';
}
