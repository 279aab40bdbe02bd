/** Services and their endpoints as manifests; addresses of pods stand in braces until a judge knows them. */

import type { Manifest } from '../../../support/builders/manifests.ts';
import { splitKey } from '../../../support/builders/manifests.ts';
import { nodeOf, NODE_ADDRESSES } from '../../../support/builders/three-namespaces.ts';
import type { ServiceTarget } from '../../case.ts';

/** IPv4, IPv6 */
type Addresses = readonly [string, string];

export interface ServiceOptions {
  readonly type?: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly clusterIPs?: Addresses | readonly ['None'];
  readonly externalIPs?: Addresses;
  readonly balancerIPs?: Addresses;
  /** Of TCP and of UDP. */
  readonly nodePort?: number;
  readonly spec?: Manifest;
}

export interface EndpointOptions {
  /** `namespace/name` */
  readonly pod: string;
  readonly conditions?: { readonly ready?: boolean; readonly serving?: boolean; readonly terminating?: boolean };
}

/** The number that a Service is asked by, and the one that its pods listen at: policies mean the second. */
export const SERVICE_PORT = 8080;
export const POD_PORT = 81;

export const WEB_ADDRESSES: Addresses = ['10.96.7.1', 'fd00:10:96::7:1'];
export const WEB_EXTERNAL: Addresses = ['203.0.113.71', '2001:db8:113::71'];
export const WEB_BALANCER: Addresses = ['203.0.113.72', '2001:db8:113::72'];
export const WEB_NODE_PORT = 30081;

/** `z/web`, TCP and UDP, without a selector: its endpoints are what a case says. */
export function webService(options: ServiceOptions = {}, endpoints: readonly EndpointOptions[] = []): readonly Manifest[] {
  const service = serviceManifest('z/web', { clusterIPs: WEB_ADDRESSES, ...options });
  return [service, ...sliceManifests('z/web', endpoints)];
}

export function serviceManifest(key: string, options: ServiceOptions): Manifest {
  const { type = 'ClusterIP', clusterIPs = ['None'], externalIPs, balancerIPs, nodePort, spec } = options;
  const ports = PROTOCOLS.map((protocol) => ({
    name: protocol.toLowerCase(),
    protocol,
    port: SERVICE_PORT,
    targetPort: POD_PORT,
    ...(nodePort === undefined ? {} : { nodePort }),
  }));
  const families = clusterIPs[0] === 'None' ? {} : { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: splitKey(key),
    spec: {
      type,
      clusterIP: clusterIPs[0],
      clusterIPs,
      ...families,
      ports,
      ...(externalIPs === undefined ? {} : { externalIPs }),
      ...spec,
    },
    ...(balancerIPs === undefined ? {} : { status: { loadBalancer: { ingress: balancerIPs.map((ip) => ({ ip })) } } }),
  };
}

/** One for each family. */
export function sliceManifests(service: string, endpoints: readonly EndpointOptions[]): readonly Manifest[] {
  const { namespace, name } = splitKey(service);
  return ([4, 6] as const).map((family) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-ipv${family}`, labels: { 'kubernetes.io/service-name': name } },
    addressType: `IPv${family}`,
    ports: PROTOCOLS.map((protocol) => ({ name: protocol.toLowerCase(), protocol, port: POD_PORT })),
    endpoints: endpoints.map(({ pod, conditions = {} }) => ({
      addresses: [family === 4 ? `{${pod}}` : `{${pod}.6}`],
      conditions: { ready: true, serving: true, terminating: false, ...conditions },
      nodeName: nodeOf(pod),
    })),
  }));
}

export const PROTOCOLS = ['TCP', 'UDP'] as const;

/** An address of a Service under its name in tables, asked over TCP and UDP. */
export function targets(
  name: string,
  addresses: Addresses,
  from: readonly string[],
  port: number = SERVICE_PORT,
): readonly ServiceTarget[] {
  return PROTOCOLS.map((protocol): ServiceTarget => ({ name, addresses, from, port: `${port}/${protocol}` }));
}

/** `web.z`, at its cluster address. */
export function webTargets(from: readonly string[]): readonly ServiceTarget[] {
  return targets('web.z', WEB_ADDRESSES, from);
}

/** `web.z@node-1` or `web.z@node-2`, at its node port. */
export function nodePortTargets(node: 'node-1' | 'node-2', from: readonly string[]): readonly ServiceTarget[] {
  return targets(`web.z@${node}`, NODE_ADDRESSES[node] as Addresses, from, WEB_NODE_PORT);
}
