/** Add pods to a lab and take them out again: namespace, CNI interface, process, and the object with its status. */

import { join } from 'node:path';
import { PosternError } from '../../model/error.ts';
import { outsideAddresses } from '../network/addressing.ts';
import { siblingModule, startModule, waitForSocket } from '../processes/background-process.ts';
import { addInterface, removeInterface, type Attachment } from '../network/cni.ts';
import { connectOutsideHost } from '../network/fabric.ts';
import { finishAll } from '../processes/finish-all.ts';
import { claimNamespaceName, labPaths } from '../state/lab-paths.ts';
import type { NodeState, PodState, StateFile } from '../state/lab-state.ts';
import { awaitAddresses, configureNamespace, makeNamespaces, namespaceInode, removeNamespaces } from '../network/namespaces.ts';
import type { ObjectFolder } from '../objects/object-folder.ts';
import { runningPod } from '../objects/object-status.ts';
import { askPod } from './pod-client.ts';
import type { PodProcessOptions } from './pod-protocol.ts';
import { killProcesses, processesInNamespaces, type ProcessId } from '../processes/processes.ts';
import { nameOf, readPodWish } from '../objects/raw-object.ts';
import { choosePodNode } from '../objects/scheduling.ts';
import type { LabPod, RawObject } from '../types.ts';

const POD_PROCESS = siblingModule(import.meta.url, './pod-process');
const POD_START_TIMEOUT_MS = 20_000;

export interface LabContext {
  readonly state: StateFile;
  /** What the agents see. */
  readonly cluster: ObjectFolder;
  /** Hosts that are no part of the cluster. */
  readonly outside: ObjectFolder;
}

/** The pods are new; every namespace that they need has its object. Objects carry their metadata already. */
export async function addPods(lab: LabContext, objects: readonly RawObject[]): Promise<void> {
  const pods = await planPods(lab, objects);
  const own = pods.filter((pod) => !pod.hostNetwork);
  await makeNamespaces(own.map((pod) => pod.netns));
  await finishAll(own.map((pod) => configureNamespace(pod.netns, 'pod')));
  const processes = await startProcesses(lab, pods);
  const addresses = await connectPods(lab, pods);
  const ready = pods.map((pod, index): PodState => ({
    ...pod,
    process: processes[index] as ProcessId,
    addresses: addresses.get(pod.key) ?? pod.addresses,
  }));
  await lab.state.update((state) => ({ ...state, pods: state.pods.map((pod) => ready.find((other) => other.key === pod.key) ?? pod) }));
  await finishAll(ready.map(servePorts));
  await finishAll(
    ready.map((pod, index) => folderOf(lab, pod).put(runningPod(objects[index] as RawObject, pod, hostAddresses(lab, pod), undefined))),
  );
}

/** Pods that are not there are passed over. */
export async function removePods(lab: LabContext, keys: readonly string[]): Promise<void> {
  const pods = lab.state.current.pods.filter((pod) => keys.includes(pod.key));
  const own = pods.filter((pod) => !pod.hostNetwork);
  const inodes = own.map((pod) => namespaceInode(pod.netns)).filter((inode) => inode !== undefined);
  const running = pods.flatMap((pod) => (pod.process === undefined ? [] : [pod.process]));
  await killProcesses([...running, ...processesInNamespaces(new Set(inodes))]);
  for (const pod of own) if (!pod.outside) await removeInterface(attachmentOf(lab, pod));
  await removeNamespaces(own.map((pod) => pod.netns));
  for (const pod of pods) {
    const [namespace = '', name = ''] = pod.key.split('/');
    await folderOf(lab, pod).remove({ kind: 'Pod', namespace, name });
  }
  await lab.state.update((state) => ({ ...state, pods: state.pods.filter((pod) => !pods.includes(pod)) }));
}

/** Have the pod's process serve exactly its ports. `E_LAB_PORT` where it cannot, e.g. two host-network pods on one port. */
export async function servePorts(pod: PodState): Promise<void> {
  const { key, process, socket, log } = pod;
  if (process !== undefined) await waitForSocket(`the process of pod ${key}`, process, socket, log, POD_START_TIMEOUT_MS);
  const { failed } = await askPod(pod, 'serve', { ports: pod.ports });
  if (failed.length === 0) return;
  throw new PosternError('E_LAB_PORT', `pod ${pod.key} cannot serve ${failed.join(', ')}`, {
    mend: 'pods with hostNetwork share the ports of their node',
  });
}

export function hostAddresses(lab: LabContext, pod: LabPod): readonly string[] {
  return lab.state.current.nodes.find((node) => node.name === pod.node)?.addresses ?? [];
}

/** Decide everything about the pods, and record it. */
async function planPods(lab: LabContext, objects: readonly RawObject[]): Promise<readonly PodState[]> {
  const { name: labName, nodes, fabricNetns, pods: others, nextPod } = lab.state.current;
  const taken = new Set([fabricNetns, ...nodes.map((node) => node.netns), ...others.map((pod) => pod.netns)]);
  const load = new Map<string, number>();
  for (const pod of others) load.set(pod.node, (load.get(pod.node) ?? 0) + 1);
  const { pods: dir } = labPaths(labName);
  const pods = objects.map((object, index): PodState => {
    const { namespace, name } = nameOf(object);
    const { hostNetwork, outsideHost, ports } = readPodWish(object);
    const outside = outsideHost !== undefined;
    const node = outside ? undefined : choosePodNode(object, nodes, load);
    if (node !== undefined) load.set(node.name, (load.get(node.name) ?? 0) + 1);
    const id = `pod-${nextPod + index}`;
    const onNode = node !== undefined && hostNetwork;
    return {
      key: `${namespace}/${name}`,
      node: node?.name ?? '',
      hostNetwork: onNode,
      outside,
      netns: onNode ? node.netns : claimNamespaceName(labName, `${namespace}-${name}`, taken),
      addresses: onNode ? node.addresses : outside ? outsideAddresses(outsideHost) : [],
      ports,
      containerId: `postern-${labName}-${id}`,
      socket: join(dir, `${id}.sock`),
      log: join(dir, `${id}.log`),
    };
  });
  await lab.state.update((state) => ({ ...state, pods: [...state.pods, ...pods], nextPod: state.nextPod + pods.length }));
  return pods;
}

/** A process listens on all addresses, so it need not wait for its interface. */
async function startProcesses(lab: LabContext, pods: readonly PodState[]): Promise<readonly ProcessId[]> {
  const ids = pods.map((pod) => {
    const options: PodProcessOptions = { name: pod.key, socket: pod.socket, ports: pod.ports, hosts: pod.hostNetwork ? pod.addresses : [] };
    return startModule(pod.netns, POD_PROCESS, [JSON.stringify(options)], pod.log);
  });
  await lab.state.update((state) => ({
    ...state,
    pods: state.pods.map((pod) => {
      const process = ids[pods.findIndex((other) => other.key === pod.key)];
      return process === undefined ? pod : { ...pod, process };
    }),
  }));
  return ids;
}

/** Nodes side by side; on one node one pod after the other, so that addresses follow the order of the manifests. */
async function connectPods(lab: LabContext, pods: readonly PodState[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const addresses = new Map<string, readonly string[]>();
  const { nodes, fabricNetns } = lab.state.current;
  const connectNode = async (node: NodeState): Promise<void> => {
    for (const pod of pods) {
      if (pod.node === node.name && !pod.hostNetwork) addresses.set(pod.key, await addInterface(attachmentOf(lab, pod)));
    }
  };
  const connectOutside = async (): Promise<void> => {
    for (const pod of pods) {
      const host = Number(pod.addresses[0]?.split('.')[3]);
      if (pod.outside) await connectOutsideHost(fabricNetns, pod.netns, host, nodes);
    }
  };
  await finishAll([...nodes.map(connectNode), connectOutside()]);
  const namespaces = new Set([...nodes, ...pods].map(({ netns }) => netns));
  await finishAll([...namespaces].map(awaitAddresses));
  return addresses;
}

function attachmentOf(lab: LabContext, pod: PodState): Attachment {
  const { name, cni, fabric, nodes } = lab.state.current;
  const node = nodes.find((candidate) => candidate.name === pod.node);
  if (node === undefined) throw new PosternError('E_LAB_NODE', `pod ${pod.key} is on no node of the lab`);
  return { cni, fabric, dir: labPaths(name).cni, node, containerId: pod.containerId, podNetns: pod.netns, pod: pod.key };
}

function folderOf(lab: LabContext, pod: PodState): ObjectFolder {
  return pod.outside ? lab.outside : lab.cluster;
}
