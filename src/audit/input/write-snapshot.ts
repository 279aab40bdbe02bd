/** Writes an input down to be read again later or elsewhere: names, labels, addresses, ports and policies; nothing else of what objects hold. */

import { formatAddress } from '../../model/ip.ts';
import type { Address } from '../../model/ip.ts';
import type { PosternError } from '../../model/error.ts';
import type { Location } from '../../model/error.ts';
import type { ClusterObject, ContainerPort, EndpointSlice, NetworkPolicyObject, Node, Pod, Service } from '../../model/objects.ts';
import type { AuditInput, Workload } from './audit-input.ts';
import { SNAPSHOT_KIND, SNAPSHOT_VERSION } from './decode-snapshot.ts';
import { IGNORE_ANNOTATION } from './object-ignores.ts';
import { WORKLOAD_GROUPS } from './decode-workload.ts';

type Manifest = Readonly<Record<string, unknown>>;

/** JSON, an item on each line; it reads as any other input. */
export function writeSnapshot(input: AuditInput): string {
  const owners = new Map<Pod, Workload>();
  for (const workload of input.workloads) {
    if (workload.kind !== 'Pod') for (const pod of workload.pods) owners.set(pod, workload);
  }
  const items = [
    ...input.objects.map(({ object, at }) => ({ at: placeOf(at), object: encodeObject(object, owners, input) })),
    ...input.workloads.flatMap((workload) =>
      workload.kind === 'Pod' ? [] : [{ at: placeOf(workload.at), object: encodeWorkload(workload) }],
    ),
    ...input.routes.map(({ at, ...route }) => ({ at: placeOf(at), route })),
  ];
  const head = {
    apiVersion: SNAPSHOT_VERSION,
    kind: SNAPSHOT_KIND,
    name: input.name,
    whole: input.whole,
    missing: input.missing,
    problems: input.problems.map(encodeProblem),
    passedOver: input.passedOver,
  };
  const lines = items.map((item) => JSON.stringify(item));
  return `${JSON.stringify(head).slice(0, -1)},"items":[\n${lines.join(',\n')}\n]}\n`;
}

function encodeProblem({ code, message, at, mend }: PosternError): Manifest {
  return { code, message, at: { ...placeOf(at), object: at.object, field: at.field }, mend };
}

function placeOf({ file, line, column }: Location): Manifest | undefined {
  return file === undefined ? undefined : { file, line, column };
}

function encodeObject(object: ClusterObject, owners: ReadonlyMap<Pod, Workload>, input: AuditInput): Manifest {
  switch (object.kind) {
    case 'Pod':
      return encodePod(object, owners.get(object));
    case 'Namespace':
      return {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: object.name, labels: object.labels, annotations: ignoresOf(`Namespace ${object.name}`, input) },
      };
    case 'Node':
      return encodeNode(object);
    case 'NetworkPolicy':
      return encodePolicy(object);
    case 'Service':
      return encodeService(object);
    case 'EndpointSlice':
      return encodeSlice(object);
  }
}

function ignoresOf(object: string, input: AuditInput): Manifest | undefined {
  const own = (input.ignores ?? []).filter((ignore) => ignore.object === object);
  return own.length === 0 ? undefined : { [IGNORE_ANNOTATION]: own.map(({ check, reason }) => `${check}=${reason}`).join('; ') };
}

function encodePod(pod: Pod, owner: Workload | undefined): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: pod.namespace,
      name: pod.name,
      uid: pod.uid,
      labels: pod.labels,
      annotations: pod.annotations,
      deletionTimestamp: pod.terminating ? timeOf(0) : undefined,
      ownerReferences: owner === undefined ? undefined : [{ kind: owner.kind, name: owner.name, controller: true }],
    },
    spec: { nodeName: pod.nodeName, hostNetwork: pod.hostNetwork || undefined, containers: containersOf(pod.ports) },
    status: {
      phase: pod.phase,
      podIPs: pod.addresses.map((address) => ({ ip: formatAddress(address) })),
      startTime: pod.startedAt === undefined ? undefined : timeOf(pod.startedAt),
    },
  };
}

function containersOf(ports: readonly ContainerPort[]): readonly Manifest[] {
  return [{ ports: ports.map(({ name, protocol, port, hostPort }) => ({ name, protocol, containerPort: port, hostPort })) }];
}

function encodeNode({ name, labels, annotations, addresses, podCIDRs }: Node): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels, annotations },
    spec: { podCIDRs },
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address: formatAddress(address) })) },
  };
}

function encodePolicy({ namespace, name, uid, createdAt, annotations, spec }: NetworkPolicyObject): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { namespace, name, uid, annotations, creationTimestamp: createdAt === 0 ? undefined : timeOf(createdAt) },
    spec,
  };
}

function encodeService(service: Service): Manifest {
  const { namespace, name, type, selector, ports } = service;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: { type, selector, ports, clusterIPs: texts(service.clusterIPs), externalIPs: texts(service.externalIPs) },
    status: { loadBalancer: { ingress: texts(service.loadBalancerIPs).map((ip) => ({ ip })) } },
  };
}

function encodeSlice({ namespace, name, service, ports, endpoints }: EndpointSlice): Manifest {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports,
    endpoints: endpoints.map(({ addresses, nodeName, ready, serving, terminating }) => ({
      addresses: texts(addresses),
      nodeName,
      conditions: { ready, serving, terminating },
    })),
  };
}

/** What it is not active for is not kept: any of its kind's reasons stands for it. */
function encodeWorkload(workload: Workload): Manifest {
  const { kind, namespace, name, labels, annotations, active } = workload;
  if (kind === 'Pod') throw new TypeError('a bare pod is its own object');
  const containers = containersOf(workload.ports);
  const template = { metadata: { labels }, spec: { hostNetwork: workload.hostNetwork || undefined, restartPolicy: 'Never', containers } };
  const [group] = WORKLOAD_GROUPS[kind];
  const common = { apiVersion: group === '' ? 'v1' : `${group}/v1`, kind, metadata: { namespace, name, annotations } };
  switch (kind) {
    case 'CronJob':
      return { ...common, spec: { suspend: !active, jobTemplate: { spec: { template } } } };
    case 'Job':
      return { ...common, spec: { suspend: !active, template } };
    case 'DaemonSet':
      return {
        ...common,
        spec: { selector: {}, template },
        status: active ? undefined : { observedGeneration: 1, desiredNumberScheduled: 0 },
      };
    case 'StatefulSet':
      return { ...common, spec: { ...encodeOrdinals(workload), selector: {}, template } };
    default:
      return { ...common, spec: { replicas: active ? undefined : 0, selector: {}, template } };
  }
}

function encodeOrdinals({ active, ordinals }: Workload): Manifest {
  if (ordinals === undefined) return { replicas: active ? undefined : 0 };
  return { replicas: ordinals.count, ordinals: ordinals.first === 0 ? undefined : { start: ordinals.first } };
}

function texts(addresses: readonly Address[]): readonly string[] {
  return addresses.map(formatAddress);
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
