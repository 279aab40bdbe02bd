/** A Service with its endpoints: as an API server tells them, and which of them a proxy uses. */

import { isIPv6 } from 'node:net';
import type { TalkProtocol } from './proxy-talker-protocol.ts';

/** Of one family, as an EndpointSlice has it. */
export interface Backend {
  readonly address: string;
  /** Default: ready, and so serving, and not terminating. */
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
  /** Where it runs. */
  readonly node: string;
}

export interface ServiceFacts {
  readonly name: string;
  readonly clusterIPs: readonly string[];
  readonly externalIPs?: readonly string[];
  readonly loadBalancerIPs?: readonly string[];
  readonly externalTrafficPolicy?: 'Cluster' | 'Local';
  readonly internalTrafficPolicy?: 'Cluster' | 'Local';
  /** A client stays with the backend of its first flow. */
  readonly sessionAffinity?: 'ClientIP';
  readonly ports: readonly ServicePortFacts[];
  readonly backends: readonly Backend[];
}

export interface ServicePortFacts {
  readonly protocol: TalkProtocol;
  readonly port: number;
  /** The pods' own. */
  readonly targetPort: number;
  readonly nodePort?: number;
}

/** kube-proxy's rule: those that are ready or, where none is, those that still serve while they terminate. */
export function usableBackends(backends: readonly Backend[]): readonly Backend[] {
  const ready = backends.filter((backend) => backend.ready ?? true);
  return ready.length > 0 ? ready : backends.filter(({ serving, terminating }) => serving === true && terminating === true);
}

export function serviceObject(facts: ServiceFacts): object {
  const { name, clusterIPs, externalIPs = [], loadBalancerIPs = [], ports } = facts;
  const nodePorts = ports.some(({ nodePort }) => nodePort !== undefined);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: {
      type: loadBalancerIPs.length > 0 ? 'LoadBalancer' : nodePorts ? 'NodePort' : 'ClusterIP',
      clusterIP: clusterIPs[0] ?? 'None',
      clusterIPs: clusterIPs.length > 0 ? clusterIPs : ['None'],
      ...(externalIPs.length > 0 ? { externalIPs } : {}),
      ...(facts.externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy: facts.externalTrafficPolicy }),
      ...(facts.internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy: facts.internalTrafficPolicy }),
      ...(facts.sessionAffinity === undefined ? {} : { sessionAffinity: facts.sessionAffinity }),
      ports: ports.map((port) => ({ name: nameOf(port), ...port })),
      selector: { service: name },
    },
    ...(loadBalancerIPs.length > 0 ? { status: { loadBalancer: { ingress: loadBalancerIPs.map((ip) => ({ ip })) } } } : {}),
  };
}

/** One for each family that the Service has. */
export function endpointSliceObjects({ name, clusterIPs, ports, backends }: ServiceFacts): object[] {
  const families = new Set([...clusterIPs, ...backends.map(({ address }) => address)].map(isIPv6));
  return [...families].map((v6) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-${v6 ? 'v6' : 'v4'}`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
    addressType: v6 ? 'IPv6' : 'IPv4',
    ports: ports.map((port) => ({ name: nameOf(port), protocol: port.protocol, port: port.targetPort })),
    endpoints: backends.filter(({ address }) => isIPv6(address) === v6).map(endpointOf),
  }));
}

function endpointOf({ address, node, ready = true, serving = ready, terminating = false }: Backend): object {
  return { addresses: [address], nodeName: node, conditions: { ready, serving, terminating } };
}

function nameOf({ protocol, port }: ServicePortFacts): string {
  return `${protocol.toLowerCase()}-${port}`;
}
