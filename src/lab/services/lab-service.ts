/** Services as the lab's proxy and probes see them, read from their objects. */

import { decodeService } from '../../model/decode/service.ts';
import { formatAddress } from '../../model/ip.ts';
import type { Labels } from '../../model/labels.ts';
import type { Protocol } from '../../model/verdict.ts';
import { list, nameOf, record } from '../objects/raw-object.ts';
import type { RawObject } from '../types.ts';

export interface LabServicePort {
  /** Empty where a Service's only port has none. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly nodePort?: number;
  /** A number, or the name of a container port. */
  readonly targetPort: number | string;
}

export interface LabService {
  /** `namespace/name` */
  readonly key: string;
  /** Empty for a headless Service. */
  readonly clusterIPs: readonly string[];
  readonly externalIPs: readonly string[];
  /** Those that kube-proxy rewrites: not those with `ipMode: Proxy`. */
  readonly loadBalancerIPs: readonly string[];
  readonly ports: readonly LabServicePort[];
  readonly families: readonly (4 | 6)[];
  readonly selector: Labels;
  /** How long a client stays with one endpoint; absent without `sessionAffinity: ClientIP`. */
  readonly affinitySeconds?: number;
  readonly externalLocal: boolean;
  readonly internalLocal: boolean;
  readonly publishNotReady: boolean;
}

const DEFAULT_AFFINITY_SECONDS = 10_800;

/** Every Service among the objects but those of type ExternalName, which are DNS only. Their addresses have been given out. */
export function readServices(objects: readonly RawObject[]): readonly LabService[] {
  return objects
    .filter((object) => nameOf(object).kind === 'Service' && record(object['spec'])['type'] !== 'ExternalName')
    .map(readService);
}

export function readService(object: RawObject): LabService {
  const service = decodeService(object);
  const spec = record(object['spec']);
  const clientIP = record(record(spec['sessionAffinityConfig'])['clientIP']);
  const ports = list(spec['ports']);
  return {
    key: `${service.namespace}/${service.name}`,
    clusterIPs: service.clusterIPs.map(formatAddress),
    externalIPs: service.externalIPs.map(formatAddress),
    loadBalancerIPs: service.loadBalancerIPs.map(formatAddress),
    ports: service.ports.map((port, index) => ({ ...port, targetPort: readTargetPort(ports[index]?.['targetPort']) ?? port.port })),
    families: (Array.isArray(spec['ipFamilies']) ? spec['ipFamilies'] : []).map((family) => (family === 'IPv6' ? 6 : 4)),
    selector: service.selector,
    ...(spec['sessionAffinity'] === 'ClientIP' ? { affinitySeconds: Number(clientIP['timeoutSeconds'] ?? DEFAULT_AFFINITY_SECONDS) } : {}),
    externalLocal: spec['externalTrafficPolicy'] === 'Local',
    internalLocal: spec['internalTrafficPolicy'] === 'Local',
    publishNotReady: spec['publishNotReadyAddresses'] === true,
  };
}

/** Of one family, in order. */
export function ofFamily(addresses: readonly string[], family: 4 | 6): readonly string[] {
  return addresses.filter((address) => address.includes(':') === (family === 6));
}

function readTargetPort(value: unknown): number | string | undefined {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? value : undefined;
}
