/** Reads Services and EndpointSlices from their manifests, as far as a proxy cares: which addresses are rewritten, to whom and how. */

import { parseAddress } from '../../../src/model/ip.ts';
import type { Address } from '../../../src/model/ip.ts';
import type { Protocol } from '../../../src/model/verdict.ts';

type Json = Readonly<Record<string, unknown>>;

export interface ProxiedService {
  /** `namespace/name` */
  readonly key: string;
  readonly clusterIPs: readonly Address[];
  /** External and load balancer addresses: they are rewritten alike. */
  readonly externalIPs: readonly Address[];
  readonly ports: readonly ProxiedPort[];
  /** Only to endpoints on the node that rewrites. */
  readonly localInside: boolean;
  readonly localOutside: boolean;
  /** One client keeps one backend. */
  readonly affinity: boolean;
}

export interface ProxiedPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort: number | undefined;
  readonly endpoints: readonly Endpoint[];
}

export interface Endpoint {
  readonly address: Address;
  /** The pod's port, not the Service's. */
  readonly port: number;
  readonly node: string | undefined;
  readonly ready: boolean;
  /** Still answers, though it is about to end. */
  readonly draining: boolean;
}

/** A container's port that its node gives away as its own. */
export interface HostPort {
  readonly node: string | undefined;
  readonly protocol: Protocol;
  readonly hostPort: number;
  readonly endpoint: Endpoint;
}

/** Of every pod, once for each of its addresses. */
export function readHostPorts(manifests: readonly Json[]): readonly HostPort[] {
  return manifests
    .filter((manifest) => manifest['kind'] === 'Pod')
    .flatMap((pod) => {
      const node = object(pod['spec'])['nodeName'] as string | undefined;
      const addresses = list(object(pod['status'])['podIPs']).map(({ ip }) => parseAddress(String(ip)));
      const ports = list(object(pod['spec'])['containers']).flatMap((container) => list(container['ports']));
      return ports
        .filter(({ hostPort }) => hostPort !== undefined)
        .flatMap(({ hostPort, containerPort, protocol }) =>
          addresses.map((address) => ({
            node,
            protocol: (protocol ?? 'TCP') as Protocol,
            hostPort: Number(hostPort),
            endpoint: { address, port: Number(containerPort), node, ready: true, draining: false },
          })),
        );
    });
}

/** `manifests`: of any kinds; Services of type ExternalName have no address and are left out. */
export function readServices(manifests: readonly Json[]): readonly ProxiedService[] {
  const slices = manifests.filter((manifest) => manifest['kind'] === 'EndpointSlice');
  return manifests
    .filter((manifest) => manifest['kind'] === 'Service' && object(manifest['spec'])['type'] !== 'ExternalName')
    .map((manifest) => readService(manifest, slices));
}

function readService(manifest: Json, slices: readonly Json[]): ProxiedService {
  const { namespace, name } = object(manifest['metadata']) as { readonly namespace: string; readonly name: string };
  const spec = object(manifest['spec']);
  const own = slices.filter((slice) => {
    const metadata = object(slice['metadata']);
    return metadata['namespace'] === namespace && object(metadata['labels'])['kubernetes.io/service-name'] === name;
  });
  const balancer = list(object(object(manifest['status'])['loadBalancer'])['ingress']).map((entry) => String(entry['ip']));
  return {
    key: `${namespace}/${name}`,
    clusterIPs: texts(spec['clusterIPs'])
      .filter((text) => text !== 'None')
      .map(parseAddress),
    externalIPs: [...texts(spec['externalIPs']), ...balancer].map(parseAddress),
    ports: list(spec['ports']).map((port) => readPort(port, own)),
    localInside: spec['internalTrafficPolicy'] === 'Local',
    localOutside: spec['externalTrafficPolicy'] === 'Local',
    affinity: spec['sessionAffinity'] === 'ClientIP',
  };
}

/** Endpoints belong to a Service's port by the port's name. */
function readPort(entry: Json, slices: readonly Json[]): ProxiedPort {
  const name = entry['name'] ?? '';
  const endpoints = slices.flatMap((slice) =>
    list(slice['ports'])
      .filter((port) => (port['name'] ?? '') === name)
      .flatMap((port) => list(slice['endpoints']).flatMap((endpoint) => readEndpoint(endpoint, Number(port['port'])))),
  );
  return {
    protocol: (entry['protocol'] ?? 'TCP') as Protocol,
    port: Number(entry['port']),
    nodePort: entry['nodePort'] as number | undefined,
    endpoints,
  };
}

function readEndpoint(entry: Json, port: number): readonly Endpoint[] {
  const { ready = true, serving = ready, terminating = false } = object(entry['conditions']);
  const node = entry['nodeName'] as string | undefined;
  return texts(entry['addresses']).map((text) => ({
    address: parseAddress(text),
    port,
    node,
    ready: ready === true,
    draining: serving === true && terminating === true,
  }));
}

function object(value: unknown): Json {
  return (value ?? {}) as Json;
}

function list(value: unknown): readonly Json[] {
  return (value ?? []) as readonly Json[];
}

function texts(value: unknown): readonly string[] {
  return (value ?? []) as readonly string[];
}
