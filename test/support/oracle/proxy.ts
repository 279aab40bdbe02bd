/** What a proxy such as kube-proxy may do with a packet: whom it may choose, on which node, and whether it hides the client. */

import { isIPv4 } from '../../../src/model/ip.ts';
import type { Address } from '../../../src/model/ip.ts';
import type { Node } from '../../../src/model/objects.ts';
import type { Protocol } from '../../../src/model/verdict.ts';
import type { Endpoint, HostPort, ProxiedPort, ProxiedService } from './read-service.ts';

export interface Knock {
  readonly address: Address;
  readonly protocol: Protocol;
  readonly port: number;
  /** Node of the pod that knocks; absent for a client outside the cluster. */
  readonly clientNode?: string;
}

export interface Rewriting {
  /** The node that rewrites. */
  readonly node: string;
  /** Empty: nobody can be chosen. */
  readonly backends: readonly Endpoint[];
  /** With no backend, whether the client is told. */
  readonly refused: boolean;
  /** The client's address is replaced by the node's. */
  readonly masqueraded: boolean;
  readonly affinity: boolean;
}

/** All that the proxies of a cluster go by. */
export interface Proxied {
  readonly services: readonly ProxiedService[];
  readonly hostPorts: readonly HostPort[];
  readonly nodes: readonly Node[];
}

/** Undefined where neither a Service nor a host port is meant: the packet goes to its address. */
export function findRewriting({ services, hostPorts, nodes }: Proxied, knock: Knock): Rewriting | undefined {
  const door = nodes.find((node) => node.addresses.includes(knock.address))?.name;
  for (const service of services) {
    for (const port of service.ports) {
      if (port.protocol !== knock.protocol) continue;
      if (port.port === knock.port && service.clusterIPs.includes(knock.address)) return inside(service, port, knock);
      if (port.port === knock.port && service.externalIPs.includes(knock.address)) return outside(service, port, knock, rewriterOf(knock));
      if (port.nodePort === knock.port && door !== undefined) return outside(service, port, knock, door);
    }
  }
  return door === undefined ? undefined : atHostPort(hostPorts, knock, door);
}

/** A client that is no pod is hidden behind the node. */
function inside(service: ProxiedService, port: ProxiedPort, knock: Knock): Rewriting {
  const node = rewriterOf(knock);
  const all = ofFamily(port.endpoints, knock.address);
  const backends = usable(service.localInside ? onNode(all, node) : all);
  return {
    node,
    backends,
    refused: usable(all).length === 0,
    masqueraded: knock.clientNode === undefined && !service.localInside,
    affinity: service.affinity,
  };
}

/** Under the policy Local a pod's way to an address outside is that of the policy Cluster, but it keeps its own address. */
function outside(service: ProxiedService, port: ProxiedPort, knock: Knock, node: string): Rewriting {
  const all = ofFamily(port.endpoints, knock.address);
  const local = service.localOutside && knock.clientNode === undefined;
  const backends = usable(local ? onNode(all, node) : all);
  return { node, backends, refused: usable(all).length === 0, masqueraded: !service.localOutside, affinity: service.affinity };
}

function atHostPort(hostPorts: readonly HostPort[], knock: Knock, node: string): Rewriting | undefined {
  const meant = hostPorts.filter((port) => port.node === node && port.protocol === knock.protocol && port.hostPort === knock.port);
  const backends = ofFamily(
    meant.map((port) => port.endpoint),
    knock.address,
  );
  return backends.length === 0 ? undefined : { node, backends, refused: false, masqueraded: false, affinity: false };
}

/** A client outside sends what is for no node to the first one, as if a router had chosen it. */
function rewriterOf({ clientNode }: Knock): string {
  return clientNode ?? 'node-1';
}

function ofFamily(endpoints: readonly Endpoint[], like: Address): readonly Endpoint[] {
  return endpoints.filter((endpoint) => isIPv4(endpoint.address) === isIPv4(like));
}

function onNode(endpoints: readonly Endpoint[], node: string): readonly Endpoint[] {
  return endpoints.filter((endpoint) => endpoint.node === node);
}

/** Those that are ready; where none is, those that still answer while they end. */
function usable(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter((endpoint) => endpoint.draining);
}
