/** Clear a lab away, whole or half made, with or without its state: processes, mounts, namespaces, folder. */

import { readFileSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { uninstallAgent } from './processes/agent-process.ts';
import { labPaths, LABS_DIR, namespacePrefix } from './state/lab-paths.ts';
import { loadState, type LabState } from './state/lab-state.ts';
import { forgetNamespaceFolder, listNamespaces, namespaceInode, removeNamespaces } from './network/namespaces.ts';
import { killProcesses, processesInNamespaces, type ProcessId } from './processes/processes.ts';
import { runCommand } from './processes/run-command.ts';

/** Returns the namespaces that there were to clear away: none where there was no such lab. */
export async function tearDownLab(lab: string): Promise<readonly string[]> {
  const paths = labPaths(lab);
  const state = await loadState(lab);
  const names = listNamespaces(namespacePrefix(lab));
  const inodes = new Set(names.map(namespaceInode).filter((inode) => inode !== undefined));
  await killProcesses([...recordedProcesses(state), ...processesInNamespaces(inodes)]);
  await Promise.all(mountsBelow(paths.bpf).map((mount) => uninstall(state, mount)));
  for (const mount of mountsBelow(paths.dir).toReversed()) await unmount(mount);
  await removeNamespaces(names);
  // A process that was just entering a namespace when it lost its name is in none of the lists above.
  await killProcesses(processesInNamespaces(inodes));
  await rm(paths.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  await removeSharedFolders();
  return names;
}

function recordedProcesses(state: LabState | undefined): ProcessId[] {
  const owners = [...(state?.pods ?? []), ...(state?.nodes ?? []).map((node) => node.agent)];
  return owners.flatMap((owner) => (owner?.process === undefined ? [] : [owner.process]));
}

/** Unmounting frees what the agent pinned; its own uninstall comes first because it also knows what is not pinned. */
async function uninstall(state: LabState | undefined, mount: string): Promise<void> {
  const node = state?.nodes.find((candidate) => candidate.agent?.bpfRoot === mount);
  if (node !== undefined && namespaceInode(node.netns) !== undefined) await uninstallAgent(node.netns, mount);
}

async function unmount(path: string): Promise<void> {
  const { code } = await runCommand(['umount', path]);
  if (code !== 0) await runCommand(['umount', '--lazy', path]);
}

/** Mount points below a folder, in the order in which they were mounted. */
function mountsBelow(dir: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${dir}/`));
}

/** What labs share goes with the last of them. */
async function removeSharedFolders(): Promise<void> {
  if ((await readdir(LABS_DIR).catch(() => [])).length > 0) return;
  await forgetNamespaceFolder();
  for (const dir of [LABS_DIR, dirname(LABS_DIR)]) await rmdir(dir).catch(() => undefined);
}
