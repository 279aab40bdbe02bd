/** `postern lab up`, `down`, `apply` and `delete`: what makes, changes and ends a lab. */

import pc from 'picocolors';
import { Lab } from '../lab/lab.ts';
import { kernelNotes } from '../lab/lab-requirements.ts';
import { readManifestFiles } from '../lab/objects/read-manifest-files.ts';
import type { Cni, Fabric, Proxy, RawObject } from '../lab/types.ts';
import { abortOnInterrupt } from './lab-interrupt.ts';

export interface UpOptions {
  readonly name: string;
  readonly nodes: string;
  readonly cni: Cni;
  readonly fabric: Fabric;
  readonly proxy: Proxy;
  readonly enforce: boolean;
}

export async function runLabUp(files: readonly string[], options: UpOptions): Promise<void> {
  const objects = await readWithWarnings(files);
  const started = performance.now();
  const lab = await Lab.up({ ...options, nodes: Number(options.nodes), objects, signal: abortOnInterrupt() });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const agents = options.enforce ? 'an agent enforces on each node' : 'no agents: nothing is enforced';
  console.log(
    `lab "${lab.name}" is up: ${lab.nodes().length} nodes, ${lab.pods().length} pods, ${options.cni} over ${options.fabric}, ${agents} (${seconds} s)`,
  );
  for (const note of kernelNotes()) console.log(pc.dim(note));
  console.log(pc.dim(`try: postern lab probe${options.name === 'lab' ? '' : ` --name ${options.name}`}`));
}

export async function runLabDown({ name }: { readonly name: string }): Promise<void> {
  const removed = await Lab.remove(name);
  console.log(removed.length === 0 ? `there was no lab "${name}"` : `lab "${name}" is gone (${removed.length} network namespaces)`);
}

export async function runLabApply(files: readonly string[], { name }: { readonly name: string }): Promise<void> {
  const objects = await readWithWarnings(files);
  const lab = await Lab.open(name);
  await lab.apply(objects);
  console.log(`${count(objects)} in force`);
}

export async function runLabDelete(files: readonly string[], { name }: { readonly name: string }): Promise<void> {
  const { objects } = await readManifestFiles(files);
  const lab = await Lab.open(name);
  await lab.delete(objects);
  console.log(`${count(objects)} gone`);
}

async function readWithWarnings(files: readonly string[]): Promise<readonly RawObject[]> {
  const { objects, warnings } = await readManifestFiles(files);
  for (const warning of warnings) console.error(pc.yellow(warning));
  return objects;
}

function count(objects: readonly RawObject[]): string {
  return objects.length === 1 ? '1 object is' : `${objects.length} objects are`;
}
