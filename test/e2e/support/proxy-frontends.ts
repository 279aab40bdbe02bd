/** One Service with every kind of address, and the flows to it, by backend. */

import type { Opening, TalkProtocol } from './proxy-talker-protocol.ts';
import type { Backend, ServiceFacts } from './proxy-service.ts';
import { NODE_PORT, POD_TCP_PORT, POD_UDP_PORT, type ProxyWorld, SERVICE_PORT, serviceOf } from './proxy-world.ts';

export const PROTOCOLS: readonly TalkProtocol[] = ['TCP', 'UDP'];
export type Family = 'v4' | 'v6';
export const FAMILIES: readonly Family[] = ['v4', 'v6'];
export type FrontendKind = 'ClusterIP' | 'external IP' | 'load balancer' | 'NodePort';
export const FRONTEND_KINDS: readonly FrontendKind[] = ['ClusterIP', 'external IP', 'load balancer', 'NodePort'];

const EXTERNAL = { v4: '203.0.113.10', v6: '2001:db8:113::10' } as const;
const BALANCER = { v4: '203.0.113.20', v6: '2001:db8:113::20' } as const;

/** At 10.96.0.1, two addresses outside, and a node port. */
export function serviceOfEveryKind(backends: readonly Backend[], more: Partial<ServiceFacts> = {}): ServiceFacts {
  return serviceOf(1, backends, {
    externalIPs: [EXTERNAL.v4, EXTERNAL.v6],
    loadBalancerIPs: [BALANCER.v4, BALANCER.v6],
    ports: [
      { protocol: 'TCP', port: SERVICE_PORT, targetPort: POD_TCP_PORT, nodePort: NODE_PORT },
      { protocol: 'UDP', port: SERVICE_PORT, targetPort: POD_UDP_PORT, nodePort: NODE_PORT },
    ],
    ...more,
  });
}

/** Where the Service above is on this node. */
export function frontend(kind: FrontendKind, family: Family, world: ProxyWorld): { readonly host: string; readonly port: number } {
  switch (kind) {
    case 'ClusterIP':
      return { host: clusterIP(1, family), port: SERVICE_PORT };
    case 'external IP':
      return { host: EXTERNAL[family], port: SERVICE_PORT };
    case 'load balancer':
      return { host: BALANCER[family], port: SERVICE_PORT };
    case 'NodePort':
      return { host: world.address[family], port: NODE_PORT };
  }
}

export function clusterIP(number: number, family: Family): string {
  return family === 'v4' ? `10.96.0.${number}` : `fd00:96::${number.toString(16)}`;
}

let ports = 20_000;

/** A client's port that no flow had before, and with which the proxy chooses this one of the (at most four) backends. */
export function portChoosing(backend: number): number {
  ports += 4;
  return ports + backend;
}

/** Side by side, in the order TCP IPv4, TCP IPv6, UDP IPv4, UDP IPv6. */
export function fourWays<Each>(ask: (protocol: TalkProtocol, family: Family) => Promise<Each>): Promise<Each[]> {
  return Promise.all(PROTOCOLS.flatMap((protocol) => FAMILIES.map((family) => ask(protocol, family))));
}

export function four<Each>(each: Each): Each[] {
  return Array.from({ length: 4 }, () => each);
}

/** A flow that is new to everyone. */
export function flowTo(target: { readonly host: string; readonly port: number }, protocol: TalkProtocol, backend = 0): Opening {
  return { protocol, ...target, sourcePort: portChoosing(backend) };
}
