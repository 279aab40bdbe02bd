/** A Service for each pod of the world, as the upstream suite has it: another way to the same pods, for which the same is expected. */

import type { Protocol } from '../../src/model/verdict.ts';
import type { Manifest } from '../support/builders/manifests.ts';
import { splitKey } from '../support/builders/manifests.ts';
import { ALL_PODS, nodeOf, SERVED_PORTS } from '../support/builders/three-namespaces.ts';
import type { Family, Probe } from './case.ts';

const PROTOCOLS: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
/** Services are asked at other ports than their pods serve: policies mean the pod's. */
const PORT_DISTANCE = 8000;

/** Where a pod's Service is asked. */
export interface ServicePlace {
  readonly address: string;
  readonly port: number;
}

/** Without selectors, so that they keep their pods when labels change. Their slices name pods in braces, for the stage to fill in. */
export const POD_SERVICES: readonly Manifest[] = ALL_PODS.flatMap((pod) => [serviceOf(pod), ...slicesOf(pod)]);

/** A pod that reaches itself is masqueraded, and the kernel's look-up that tells who it is knows no SCTP. */
export function hasPodService({ from, to, port, protocol }: Probe): boolean {
  if (protocol === 'SCTP' && from === to) return false;
  return ALL_PODS.includes(to) && SERVED_PORTS.some((served) => served === port) && protocol !== 'ICMP';
}

export function podServicePlace({ to, port = 0, family }: Probe): ServicePlace {
  return { address: addressesOf(to)[family === 4 ? 0 : 1], port: port + PORT_DISTANCE };
}

function addressesOf(pod: string): readonly [string, string] {
  const number = ALL_PODS.indexOf(pod) + 1;
  return [`10.96.9.${number}`, `fd00:10:96::9:${number}`];
}

function portsOf(distance: number): readonly Manifest[] {
  return PROTOCOLS.flatMap((protocol) =>
    SERVED_PORTS.map((port) => ({ name: `${protocol.toLowerCase()}-${port}`, protocol, port: port + distance })),
  );
}

function serviceOf(pod: string): Manifest {
  const clusterIPs = addressesOf(pod);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: splitKey(pod),
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIPs[0],
      clusterIPs,
      ipFamilyPolicy: 'RequireDualStack',
      ipFamilies: ['IPv4', 'IPv6'],
      ports: portsOf(PORT_DISTANCE),
    },
  };
}

function slicesOf(pod: string): readonly Manifest[] {
  const { namespace, name } = splitKey(pod);
  return ([4, 6] satisfies Family[]).map((family) => ({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace, name: `${name}-ipv${family}`, labels: { 'kubernetes.io/service-name': name } },
    addressType: `IPv${family}`,
    ports: portsOf(0),
    endpoints: [{ addresses: [`{${pod}${family === 6 ? '.6' : ''}}`], conditions: { ready: true }, nodeName: nodeOf(pod) }],
  }));
}
