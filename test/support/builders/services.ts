/** Services and their endpoints for tests, through the same decoder that real manifests go through. */

import { decodeObject } from '../../../src/model/decode/object.ts';
import type { EndpointSlice, Service } from '../../../src/model/objects.ts';
import { isIPv4, parseAddress } from '../../../src/model/ip.ts';
import { splitKey } from './manifests.ts';

export interface ServicePortOptions {
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
  readonly nodePort?: number;
  readonly targetPort: number;
}

const nameOf = ({ protocol, port }: ServicePortOptions): string => `${protocol.toLowerCase()}-${port}`;

export function service(
  key: string,
  options: { readonly addresses: readonly string[]; readonly ports: readonly ServicePortOptions[] },
): Service {
  const { addresses, ports } = options;
  const decoded = decodeObject({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: splitKey(key),
    spec: {
      type: ports.some(({ nodePort }) => nodePort !== undefined) ? 'NodePort' : 'ClusterIP',
      clusterIP: addresses[0],
      clusterIPs: addresses,
      ports: ports.map((port) => ({ name: nameOf(port), ...port })),
    },
  });
  if (decoded?.kind !== 'Service') throw new TypeError('a Service was to be built');
  return decoded;
}

/** The endpoints of one family that a Service has. */
export function endpointSlice(
  key: string,
  addresses: readonly string[],
  ports: readonly ServicePortOptions[],
  family: 4 | 6,
): EndpointSlice {
  const { namespace, name } = splitKey(key);
  const decoded = decodeObject({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-${family}`, labels: { 'kubernetes.io/service-name': name } },
    addressType: `IPv${family}`,
    ports: ports.map((port) => ({ name: nameOf(port), protocol: port.protocol, port: port.targetPort })),
    endpoints: addresses
      .filter((address) => isIPv4(parseAddress(address)) === (family === 4))
      .map((address) => ({ addresses: [address], conditions: { ready: true } })),
  });
  if (decoded?.kind !== 'EndpointSlice') throw new TypeError('an EndpointSlice was to be built');
  return decoded;
}
