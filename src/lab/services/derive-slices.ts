/** EndpointSlices of Services with a selector, from the pods that run, as the endpoint slice controller writes them. */

import { createHash } from 'node:crypto';
import { decodePod } from '../../model/decode/pod.ts';
import { formatAddress } from '../../model/ip.ts';
import type { Pod } from '../../model/objects.ts';
import { groupBy } from '../probing/group-by.ts';
import { list, nameOf, record } from '../objects/raw-object.ts';
import type { RawObject } from '../types.ts';
import { ofFamily, readServices, type LabService } from './lab-service.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';
const MANAGER_LABEL = 'endpointslice.kubernetes.io/managed-by';
const MANAGER = 'lab.postern.dev';

interface Backend {
  readonly pod: Pod;
  readonly ready: boolean;
}

interface SlicePort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

/** For Services of which the manifests hold no slices. Without metadata that the API server adds; the names tell the content's ports. */
export function deriveSlices(objects: readonly RawObject[]): readonly RawObject[] {
  const written = new Set(objects.filter((object) => isSlice(object) && !isDerived(object)).map(serviceOf));
  const backends = objects.filter((object) => nameOf(object).kind === 'Pod').map(readBackend);
  return readServices(objects)
    .filter((service) => Object.keys(service.selector).length > 0 && !written.has(service.key))
    .flatMap((service) => slicesOf(service, backends));
}

/** True for slices that `deriveSlices` made. */
export function isDerived(object: RawObject): boolean {
  return isSlice(object) && labelsOf(object)[MANAGER_LABEL] === MANAGER;
}

function slicesOf(service: LabService, backends: readonly Backend[]): readonly RawObject[] {
  const [namespace = '', name = ''] = service.key.split('/');
  const selected = backends.filter(({ pod }) => pod.namespace === namespace && isSelected(service, pod));
  return service.families.flatMap((family) => {
    const reachable = selected.filter(({ pod }) => addressOf(pod, family) !== undefined);
    // Pods that give a port's name different numbers cannot stand in one slice.
    const groups = groupBy(reachable, ({ pod }) => JSON.stringify(portsAt(service, pod)));
    return [...groups].map(([ports, group]) => ({
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        namespace,
        name: `${name}-ipv${family}-${createHash('sha256').update(ports).digest('hex').slice(0, 6)}`,
        labels: { [SERVICE_LABEL]: name, [MANAGER_LABEL]: MANAGER },
      },
      addressType: `IPv${family}`,
      ports: JSON.parse(ports) as readonly SlicePort[],
      endpoints: group.map((backend) => endpointOf(service, backend, family)),
    }));
  });
}

function endpointOf(service: LabService, { pod, ready: serving }: Backend, family: 4 | 6): RawObject {
  return {
    addresses: [addressOf(pod, family)],
    conditions: {
      ready: service.publishNotReady || (serving && !pod.terminating),
      serving,
      terminating: pod.terminating,
    },
    ...(pod.nodeName === undefined ? {} : { nodeName: pod.nodeName }),
    targetRef: { kind: 'Pod', namespace: pod.namespace, name: pod.name, uid: pod.uid },
  };
}

/** A named port is each pod's own; a pod without it is left without that port. */
function portsAt(service: LabService, pod: Pod): readonly SlicePort[] {
  return service.ports.flatMap(({ name, protocol, targetPort }) => {
    const port =
      typeof targetPort === 'number'
        ? targetPort
        : pod.ports.find((candidate) => candidate.name === targetPort && candidate.protocol === protocol)?.port;
    return port === undefined ? [] : [{ name, protocol, port }];
  });
}

function isSelected(service: LabService, pod: Pod): boolean {
  if (pod.phase === 'Succeeded' || pod.phase === 'Failed') return false;
  return Object.entries(service.selector).every(([key, value]) => pod.labels[key] === value);
}

function readBackend(object: RawObject): Backend {
  const conditions = list(record(object['status'])['conditions']);
  const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return { pod: decodePod(object), ready };
}

function addressOf(pod: Pod, family: 4 | 6): string | undefined {
  return ofFamily(pod.addresses.map(formatAddress), family)[0];
}

function isSlice(object: RawObject): boolean {
  return nameOf(object).kind === 'EndpointSlice';
}

function labelsOf(object: RawObject): RawObject {
  return record(record(object['metadata'])['labels']);
}

function serviceOf(object: RawObject): string {
  return `${nameOf(object).namespace}/${String(labelsOf(object)[SERVICE_LABEL])}`;
}
