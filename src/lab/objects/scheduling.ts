/** Which nodes a lab has, and which node a pod runs on. */

import { PosternError } from '../../model/error.ts';
import { checkNodeCount, nodeAddresses, podSubnets } from '../network/addressing.ts';
import { claimNamespaceName } from '../state/lab-paths.ts';
import { keyOf, nameOf, readPodWish } from './raw-object.ts';
import type { LabNode, RawObject } from '../types.ts';

/** Nodes that manifests name come first, in the order in which they are met; `node-1` and so on fill up to `count`. */
export function planNodes(lab: string, objects: readonly RawObject[], count: number, taken: Set<string>): readonly LabNode[] {
  const names = new Set<string>();
  for (const object of objects) if (nameOf(object).kind === 'Node') names.add(nameOf(object).name);
  for (const object of objects) {
    const { nodeName, outsideHost } = nameOf(object).kind === 'Pod' ? readPodWish(object) : {};
    if (nodeName !== undefined && outsideHost === undefined) names.add(nodeName);
  }
  for (let index = 1; names.size < checkNodeCount(count); index += 1) names.add(`node-${index}`);
  checkNodeCount(names.size);
  return [...names].map((name, position) => ({
    name,
    index: position + 1,
    netns: claimNamespaceName(lab, name, taken),
    addresses: nodeAddresses(position + 1),
    podCIDRs: podSubnets(position + 1),
  }));
}

/** The node that the pod asks for, else the one with the fewest pods. `load`: pods by node name. */
export function choosePodNode(pod: RawObject, nodes: readonly LabNode[], load: ReadonlyMap<string, number>): LabNode {
  const wanted = readPodWish(pod).nodeName;
  const node =
    wanted === undefined
      ? nodes.toSorted((a, b) => (load.get(a.name) ?? 0) - (load.get(b.name) ?? 0))[0]
      : nodes.find((candidate) => candidate.name === wanted);
  if (node !== undefined) return node;
  throw new PosternError('E_LAB_NODE', `the lab has no node ${String(wanted)}`, {
    at: { object: `Pod ${keyOf(nameOf(pod))}`, field: 'spec.nodeName' },
    mend: `nodes are made by lab up only; it has ${nodes.map((candidate) => candidate.name).join(', ')}`,
  });
}
