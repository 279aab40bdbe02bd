/** Manifests as YAML would give them: plain objects with only what a test says. */

import type { Labels } from '../../../src/model/labels.ts';
import type { PodPhase } from '../../../src/model/objects.ts';
import type { Protocol } from '../../../src/model/verdict.ts';

export type Manifest = Readonly<Record<string, unknown>>;

export interface PortManifest {
  readonly name?: string;
  readonly protocol?: Protocol;
  readonly containerPort: number;
}

export interface PodOptions {
  readonly labels?: Labels;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly node?: string;
  readonly uid?: string;
  readonly hostNetwork?: boolean;
  /** Texts. Without any, the pod has no status of its own: a lab gives it one. */
  readonly addresses?: readonly string[];
  readonly phase?: PodPhase;
  /** Milliseconds since the epoch. */
  readonly startedAt?: number;
  readonly terminating?: boolean;
  /** Ports of each container, in order. */
  readonly containers?: readonly (readonly PortManifest[])[];
  /** Ports of each native sidecar. */
  readonly sidecars?: readonly (readonly PortManifest[])[];
  /** Ports of each plain init container: they count for nothing. */
  readonly initContainers?: readonly (readonly PortManifest[])[];
}

/** `key` is `namespace/name`. */
export function podManifest(key: string, options: PodOptions = {}): Manifest {
  const container = (prefix: string, extra: Manifest) => (ports: readonly PortManifest[], index: number) => ({
    name: `${prefix}-${index}`,
    image: 'example/image',
    ...extra,
    ports,
  });
  const sidecars = (options.sidecars ?? []).map(container('sidecar', { restartPolicy: 'Always' }));
  const inits = (options.initContainers ?? []).map(container('init', {}));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...splitKey(key),
      labels: options.labels ?? {},
      ...(options.annotations === undefined ? {} : { annotations: options.annotations }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.terminating ? { deletionTimestamp: new Date(0).toISOString() } : {}),
    },
    spec: {
      ...(options.node === undefined ? {} : { nodeName: options.node }),
      ...(options.hostNetwork ? { hostNetwork: true } : {}),
      containers: (options.containers ?? [[]]).map(container('main', {})),
      ...(sidecars.length + inits.length === 0 ? {} : { initContainers: [...inits, ...sidecars] }),
    },
    ...statusOf(options),
  };
}

function statusOf(options: PodOptions): Manifest {
  const { addresses, phase, startedAt } = options;
  if (addresses === undefined && phase === undefined) return {};
  return {
    status: {
      phase: phase ?? 'Running',
      ...(addresses === undefined ? {} : { podIP: addresses[0], podIPs: addresses.map((ip) => ({ ip })) }),
      ...(startedAt === undefined ? {} : { startTime: new Date(startedAt).toISOString() }),
    },
  };
}

export function namespaceManifest(name: string, labels: Labels = {}): Manifest {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function nodeManifest(name: string, addresses: readonly string[], annotations: Readonly<Record<string, string>> = {}): Manifest {
  const status = { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) };
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: {}, annotations }, status };
}

/** `createdAt`: milliseconds since the epoch. */
export function policyManifest(key: string, spec: unknown, options: { readonly createdAt?: number; readonly uid?: string } = {}): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      ...splitKey(key),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.createdAt === undefined ? {} : { creationTimestamp: new Date(options.createdAt).toISOString() }),
    },
    spec,
  };
}

export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const [namespace, name, ...rest] = key.split('/');
  if (namespace === undefined || name === undefined || rest.length > 0) throw new TypeError(`"${key}" is not namespace/name`);
  return { namespace, name };
}

/** `NetworkPolicy x/deny`, `Namespace x`: what makes a manifest the same object as another. */
export function manifestKey(manifest: Manifest): string {
  const { namespace, name } = manifest['metadata'] as { readonly namespace?: string; readonly name: string };
  return `${String(manifest['kind'])} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}
