/** The few fields of a manifest that the lab itself needs, checked as they are read. */

import { PosternError } from '../../model/error.ts';
import type { Protocol } from '../../model/verdict.ts';
import { outsideAddresses } from '../network/addressing.ts';
import type { LabPort, RawObject } from '../types.ts';

/** Kinds that a lab takes; false: of the whole cluster, in no namespace. */
const NAMESPACED: Readonly<Record<string, boolean>> = {
  Namespace: false,
  Node: false,
  Pod: true,
  NetworkPolicy: true,
  Service: true,
  EndpointSlice: true,
};

/** On a Pod: it is a host beside the nodes, 198.51.100.<value> and 2001:db8:100::<value>, and no part of the cluster. */
export const OUTSIDE_ANNOTATION = 'lab.postern.dev/outside-host';

export interface ObjectName {
  readonly kind: string;
  /** Empty for objects of the whole cluster. */
  readonly namespace: string;
  readonly name: string;
}

export function isLabKind(kind: unknown): boolean {
  return typeof kind === 'string' && kind in NAMESPACED;
}

/** `E_LAB_OBJECT` for what is no object, of an unknown kind or without a name. */
export function nameOf(object: RawObject): ObjectName {
  const kind = object['kind'];
  if (typeof kind !== 'string' || !isLabKind(kind)) {
    throw new PosternError('E_LAB_OBJECT', `a lab knows no objects of kind ${String(kind)}`, {
      mend: `it takes ${Object.keys(NAMESPACED).join(', ')}`,
    });
  }
  const metadata = record(object['metadata']);
  const name = metadata['name'];
  if (typeof name !== 'string' || name === '') {
    throw new PosternError('E_LAB_OBJECT', `a ${kind} has no metadata.name`, { mend: 'give it one' });
  }
  if (NAMESPACED[kind] === false) return { kind, namespace: '', name };
  const namespace = metadata['namespace'];
  return { kind, namespace: typeof namespace === 'string' && namespace !== '' ? namespace : 'default', name };
}

/** `namespace/name`, or the name of an object of the whole cluster. */
export function keyOf({ namespace, name }: ObjectName): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export interface PodWish {
  readonly nodeName: string | undefined;
  readonly hostNetwork: boolean;
  /** Last number of its addresses, for a host outside the cluster. */
  readonly outsideHost: number | undefined;
  /** Every container port, native sidecars' too, each once. */
  readonly ports: readonly LabPort[];
}

export function readPodWish(object: RawObject): PodWish {
  const spec = record(object['spec']);
  const nodeName = spec['nodeName'];
  return {
    nodeName: typeof nodeName === 'string' && nodeName !== '' ? nodeName : undefined,
    hostNetwork: spec['hostNetwork'] === true,
    outsideHost: readOutsideHost(object),
    ports: readPorts(spec),
  };
}

function readOutsideHost(object: RawObject): number | undefined {
  const text = record(record(object['metadata'])['annotations'])[OUTSIDE_ANNOTATION];
  if (text === undefined) return undefined;
  const host = Number(text);
  if (Number.isInteger(host) && host >= 1 && host <= 254) return host;
  throw new PosternError('E_LAB_OBJECT', `${JSON.stringify(text)} cannot be the last number of an address`, {
    at: { object: `Pod ${keyOf(nameOf(object))}`, field: `metadata.annotations.${OUTSIDE_ANNOTATION}` },
    mend: `use 1 to 254: the host gets ${outsideAddresses(7).join(' and ')} for "7"`,
  });
}

function readPorts(spec: Readonly<Record<string, unknown>>): readonly LabPort[] {
  const sidecars = list(spec['initContainers']).filter((container) => container['restartPolicy'] === 'Always');
  const ports = new Map<string, LabPort>();
  for (const container of [...list(spec['containers']), ...sidecars]) {
    for (const entry of list(container['ports'])) {
      const port = entry['containerPort'];
      const protocol = (entry['protocol'] ?? 'TCP') as Protocol;
      if (typeof port !== 'number' || !['TCP', 'UDP', 'SCTP'].includes(protocol)) continue;
      const name = entry['name'];
      const known = ports.has(`${protocol}/${port}`);
      if (!known) ports.set(`${protocol}/${port}`, { ...(typeof name === 'string' ? { name } : {}), protocol, port });
    }
  }
  return [...ports.values()];
}

export function list(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map(record) : [];
}
