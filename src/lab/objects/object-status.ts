/** Completes objects as a cluster would: the API server's metadata, the scheduler's node, the kubelet's status. */

import { randomUUID } from 'node:crypto';
import { NAMESPACE_NAME_LABEL } from '../../model/labels.ts';
import { keyOf, list, nameOf, record } from './raw-object.ts';
import type { LabNode, LabPod, RawObject } from '../types.ts';

/** Name, namespace, uid and creationTimestamp; an object that was there before keeps its uid and its age. */
export function withMetadata(object: RawObject, before: RawObject | undefined): RawObject {
  const metadata = record(object['metadata']);
  const earlier = record(before?.['metadata']);
  const { kind, namespace, name } = nameOf(object);
  return {
    ...object,
    metadata: {
      ...metadata,
      name,
      ...(namespace === '' ? {} : { namespace }),
      ...(kind === 'Namespace' ? { labels: { ...record(metadata['labels']), [NAMESPACE_NAME_LABEL]: name } } : {}),
      uid: metadata['uid'] ?? earlier['uid'] ?? randomUUID(),
      creationTimestamp: metadata['creationTimestamp'] ?? earlier['creationTimestamp'] ?? timestamp(),
    },
  };
}

/** Namespaces that the objects are in and for which there is no object yet. */
export function missingNamespaces(objects: readonly RawObject[], known: ReadonlySet<string>): readonly RawObject[] {
  const names = objects.map(nameOf);
  const there = new Set([...known, ...names.filter(({ kind }) => kind === 'Namespace').map(keyOf)]);
  const mentioned = new Set(names.map(({ namespace }) => namespace).filter((namespace) => namespace !== ''));
  return [...mentioned].filter((name) => !there.has(name)).map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
}

/** `wish` is the manifest's Node of that name, where there is one. */
export function nodeObject(node: LabNode, wish: RawObject | undefined): RawObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    ...wish,
    metadata: { ...record(wish?.['metadata']), name: node.name },
    spec: { ...record(wish?.['spec']), podCIDR: node.podCIDRs[0], podCIDRs: node.podCIDRs },
    status: {
      addresses: [...node.addresses.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: node.name }],
    },
  };
}

/** A pod that runs, and is ready unless its manifest's status says otherwise. `before`: the same pod's earlier object, whose start time it keeps. */
export function runningPod(object: RawObject, pod: LabPod, hostAddresses: readonly string[], before: RawObject | undefined): RawObject {
  const conditions = list(record(object['status'])['conditions']);
  return {
    ...object,
    spec: { ...record(object['spec']), nodeName: pod.node },
    status: {
      phase: 'Running',
      hostIP: hostAddresses[0],
      hostIPs: hostAddresses.map((ip) => ({ ip })),
      podIP: pod.addresses[0],
      podIPs: pod.addresses.map((ip) => ({ ip })),
      conditions: conditions.length > 0 ? conditions : [{ type: 'Ready', status: 'True' }],
      startTime: record(before?.['status'])['startTime'] ?? timestamp(),
    },
  };
}

/** Kubernetes' times have whole seconds. */
function timestamp(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, 'Z');
}
