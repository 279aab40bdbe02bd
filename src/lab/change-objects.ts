/** What `apply` and `delete` do to a lab that stands. */

import { PosternError } from '../model/error.ts';
import { addPods, hostAddresses, removePods, servePorts, type LabContext } from './pods/lab-pods.ts';
import { missingNamespaces, nodeObject, runningPod, withMetadata } from './objects/object-status.ts';
import { keyOf, nameOf, readPodWish, type ObjectName } from './objects/raw-object.ts';
import type { PodState } from './state/lab-state.ts';
import { putServices } from './services/put-services.ts';
import { syncServices } from './services/sync-services.ts';
import type { RawObject } from './types.ts';

/** Create or change. Nodes can be changed (labels), but not added: `E_LAB_NODE`. */
export async function changeObjects(lab: LabContext, objects: readonly RawObject[]): Promise<void> {
  const known = new Set(
    lab.cluster
      .list()
      .map(nameOf)
      .filter(({ kind }) => kind === 'Namespace')
      .map(keyOf),
  );
  const added: RawObject[] = [];
  const services: RawObject[] = [];
  for (const object of [...missingNamespaces(objects, known), ...objects.toSorted(byRank)]) {
    const name = nameOf(object);
    switch (name.kind) {
      case 'Pod': {
        const pod = lab.state.current.pods.find((candidate) => candidate.key === keyOf(name));
        if (pod === undefined) added.push(withMetadata(object, undefined));
        else await changePod(lab, pod, object);
        break;
      }
      case 'Service':
        services.push(object);
        break;
      case 'Node':
        await lab.cluster.put(withMetadata(changedNode(lab, object), lab.cluster.get(name)));
        break;
      default:
        await lab.cluster.put(withMetadata(object, lab.cluster.get(name)));
    }
  }
  await putServices(lab, services);
  await addPods(lab, added);
  if (objects.some(concernsServices)) await syncServices(lab);
}

/** Absent objects are passed over; a namespace takes everything in it along. Nodes stay: `E_LAB_NODE`. */
export async function deleteObjects(lab: LabContext, objects: readonly RawObject[]): Promise<void> {
  const named = objects.map(nameOf);
  const node = named.find(({ kind }) => kind === 'Node');
  if (node !== undefined) {
    throw new PosternError('E_LAB_NODE', `node ${node.name} cannot be taken out of a lab`, { mend: 'make a new lab with fewer nodes' });
  }
  const spaces = new Set(named.filter(({ kind }) => kind === 'Namespace').map(({ name }) => name));
  const inside = [...lab.cluster.list(), ...lab.outside.list()].map(nameOf).filter(({ namespace }) => spaces.has(namespace));
  const all = [...named, ...inside];
  await removePods(lab, all.filter(isPod).map(keyOf));
  // Namespaces go last: an agent that sees a policy sees its namespace too.
  for (const name of all.filter((candidate) => !isPod(candidate)).toSorted((a, b) => rank(b) - rank(a))) await lab.cluster.remove(name);
  if (objects.some(concernsServices)) await syncServices(lab);
}

/** Labels, annotations and ports can change; where and how a pod runs cannot. */
async function changePod(lab: LabContext, pod: PodState, object: RawObject): Promise<void> {
  const wish = readPodWish(object);
  const moved = wish.nodeName !== undefined && wish.nodeName !== pod.node;
  if (moved || wish.hostNetwork !== pod.hostNetwork || (wish.outsideHost !== undefined) !== pod.outside) {
    throw new PosternError('E_LAB_IMMUTABLE', 'nodeName, hostNetwork and the outside host of a pod cannot change', {
      at: { object: `Pod ${pod.key}` },
      mend: 'delete the pod first, then apply it',
    });
  }
  const folder = pod.outside ? lab.outside : lab.cluster;
  const before = folder.get(nameOf(object));
  const changed: PodState = { ...pod, ports: wish.ports };
  await servePorts(changed);
  await folder.put(runningPod(withMetadata(object, before), changed, hostAddresses(lab, pod), before));
  await lab.state.update((state) => ({ ...state, pods: state.pods.map((other) => (other.key === pod.key ? changed : other)) }));
}

function changedNode(lab: LabContext, object: RawObject): RawObject {
  const { name } = nameOf(object);
  const node = lab.state.current.nodes.find((candidate) => candidate.name === name);
  if (node !== undefined) return nodeObject(node, object);
  throw new PosternError('E_LAB_NODE', `the lab has no node ${name}`, { mend: 'nodes are made by lab up only' });
}

/** A namespace takes its pods and Services along; a policy changes nothing that is rewritten. */
function concernsServices(object: RawObject): boolean {
  return ['Pod', 'Service', 'EndpointSlice', 'Namespace'].includes(nameOf(object).kind);
}

function isPod({ kind }: ObjectName): boolean {
  return kind === 'Pod';
}

function byRank(a: RawObject, b: RawObject): number {
  return rank(nameOf(a)) - rank(nameOf(b));
}

function rank({ kind }: ObjectName): number {
  return kind === 'Namespace' ? 0 : kind === 'Node' ? 1 : 2;
}
