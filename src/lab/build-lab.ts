/** Build a lab from nothing: namespaces, fabric, agents, then pods; and clear away what there is of it when that fails. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PosternError } from '../model/error.ts';
import { settleAgent, startAgent } from './processes/agent-process.ts';
import { buildFabric } from './network/fabric.ts';
import { finishAll } from './processes/finish-all.ts';
import { addPods, type LabContext } from './pods/lab-pods.ts';
import { claimNamespaceName, DEFAULT_LAB, labPaths, namespacePrefix } from './state/lab-paths.ts';
import { loadState, StateFile, type NodeState } from './state/lab-state.ts';
import { configureNamespace, listNamespaces, makeNamespaces } from './network/namespaces.ts';
import { ObjectFolder } from './objects/object-folder.ts';
import { missingNamespaces, nodeObject, withMetadata } from './objects/object-status.ts';
import { nameOf } from './objects/raw-object.ts';
import { planNodes } from './objects/scheduling.ts';
import { putServices } from './services/put-services.ts';
import { syncServices } from './services/sync-services.ts';
import { tearDownLab } from './tear-down.ts';
import type { LabOptions, RawObject } from './types.ts';

/** Holds the lab's lock. `E_LAB_EXISTS` where a lab of that name, or a part of one, is there. */
export async function buildLab(options: LabOptions): Promise<LabContext> {
  const name = options.name ?? DEFAULT_LAB;
  if ((await loadState(name)) !== undefined || listNamespaces(namespacePrefix(name)).length > 0) {
    throw new PosternError('E_LAB_EXISTS', `there is a lab "${name}" already, or what is left of one`, {
      mend: `clear it away with: postern lab down --name ${name}`,
    });
  }
  try {
    return await build(name, options);
  } catch (error) {
    await tearDownLab(name);
    // Ctrl-C reaches the helpers too: that one of them failed is not the news.
    options.signal?.throwIfAborted();
    throw error;
  }
}

async function build(name: string, options: LabOptions): Promise<LabContext> {
  const { objects, signal } = options;
  const lab = await prepare(name, options);
  const { nodes, fabricNetns, fabric } = lab.state.current;
  await makeNamespaces([fabricNetns, ...nodes.map((node) => node.netns)]);
  await finishAll([configureNamespace(fabricNetns, 'fabric'), ...nodes.map((node) => configureNamespace(node.netns, 'node'))]);
  await buildFabric(fabricNetns, nodes, fabric);
  signal?.throwIfAborted();
  for (const object of clusterObjects(nodes, objects)) await lab.cluster.put(withMetadata(object, undefined));
  await putServices(
    lab,
    objects.filter((object) => nameOf(object).kind === 'Service'),
  );
  await startAgents(lab);
  signal?.throwIfAborted();
  await addPods(
    lab,
    objects.filter((object) => nameOf(object).kind === 'Pod').map((object) => withMetadata(object, undefined)),
  );
  await syncServices(lab);
  signal?.throwIfAborted();
  await settleAgents(lab.state.current.nodes);
  await lab.state.update((state) => ({ ...state, complete: true }));
  return lab;
}

/** Every agent at once. */
export async function settleAgents(nodes: readonly NodeState[]): Promise<void> {
  await finishAll(nodes.flatMap((node) => (node.agent === undefined ? [] : [settleAgent(node.name, node.agent)])));
}

async function prepare(name: string, options: LabOptions): Promise<LabContext> {
  const paths = labPaths(name);
  const taken = new Set<string>();
  const fabricNetns = claimNamespaceName(name, 'fabric', taken);
  const enforce = options.enforce ?? true;
  const nodes = planNodes(name, options.objects, options.nodes ?? 2, taken).map((node): NodeState => {
    if (!enforce) return node;
    const file = join(paths.agents, `node-${node.index}`);
    return { ...node, agent: { socket: `${file}.sock`, log: `${file}.log`, bpfRoot: join(paths.bpf, `node-${node.index}`) } };
  });
  for (const dir of [paths.pods, paths.cni, paths.agents, paths.bpf]) await mkdir(dir, { recursive: true });
  const { cni = 'bridge', fabric = 'routed', proxy = 'nftables' } = options;
  const state = new StateFile({ version: 1, name, cni, fabric, proxy, enforce, fabricNetns, complete: false, nodes, pods: [], nextPod: 1 });
  await state.update((current) => current);
  return { state, cluster: await ObjectFolder.open(paths.manifests), outside: await ObjectFolder.open(paths.outside) };
}

/** Everything but pods and Services: Namespaces, also those that are only mentioned, Nodes, policies, EndpointSlices. */
function clusterObjects(nodes: readonly NodeState[], objects: readonly RawObject[]): readonly RawObject[] {
  const others = objects.filter((object) => !['Pod', 'Node', 'Service'].includes(nameOf(object).kind));
  const wishes = new Map(objects.filter((object) => nameOf(object).kind === 'Node').map((object) => [nameOf(object).name, object]));
  return [...missingNamespaces(objects, new Set()), ...nodes.map((node) => nodeObject(node, wishes.get(node.name))), ...others];
}

async function startAgents(lab: LabContext): Promise<void> {
  const { manifests } = labPaths(lab.state.current.name);
  await lab.state.update((state) => ({
    ...state,
    nodes: state.nodes.map((node) =>
      node.agent === undefined ? node : { ...node, agent: { ...node.agent, process: startAgent(node, node.agent, manifests) } },
    ),
  }));
}
