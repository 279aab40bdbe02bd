/** Who is at the other end of a flow, as a rule can name it. */

import { isIPv4, MAPPED, maskAddress, type Address, type Prefix } from '../../model/ip.ts';
import { objectKey, type Service } from '../../model/objects.ts';
import { PROTOCOLS } from '../../model/verdict.ts';
import { DNS_NAMESPACE, isNameServer } from '../checks/dns.ts';
import { backendsOf } from '../exposure/backends.ts';
import type { AuditModel } from '../model/audit-model.ts';
import type { ObservedFlow } from './decode-flow.ts';
import type { PodGroup, PodGroups } from './pod-groups.ts';
import type { PodOwners } from './pod-owners.ts';

export type FlowPeer =
  | { readonly kind: 'pods'; readonly group: PodGroup }
  /** The cluster's name servers, where the input does not hold them. */
  | { readonly kind: 'name servers' }
  /** `name` where it is a node or a pod on one's network. */
  | { readonly kind: 'block'; readonly prefix: Prefix; readonly name?: string };

/** Several where a Service has several kinds of pods behind it. */
export type FoundPeers =
  | { readonly peers: readonly { readonly peer: FlowPeer; readonly port: number }[] }
  /** Who it is cannot be said from the input. */
  | { readonly unknown: string };

export interface PrefixLengths {
  readonly v4: number;
  readonly v6: number;
}

/** As the usual clusters call them. */
const NAME_SERVER_POD = new RegExp(`^${DNS_NAMESPACE}/(coredns|kube-dns)-`);
const DNS_SERVICE = `${DNS_NAMESPACE}/kube-dns`;
const SERVICE = 'service ';
const NODE = 'node ';

export class FlowPeers {
  readonly #model: AuditModel;
  readonly #owners: PodOwners;
  readonly #groups: PodGroups;
  readonly #lengths: PrefixLengths;
  readonly #services: ReadonlyMap<Address, Service>;
  readonly #nameServers: FlowPeer;

  constructor(model: AuditModel, owners: PodOwners, groups: PodGroups, lengths: PrefixLengths) {
    this.#model = model;
    this.#owners = owners;
    this.#groups = groups;
    this.#lengths = lengths;
    const group = model.input.workloads.filter(isNameServer).flatMap((workload) => groups.of(workload) ?? [])[0];
    this.#nameServers = group === undefined ? { kind: 'name servers' } : { kind: 'pods', group };
    this.#services = new Map(
      [...model.services.values()].flatMap(({ object }) =>
        [...object.clusterIPs, ...object.externalIPs, ...object.loadBalancerIPs].map((address) => [address, object] as const),
      ),
    );
  }

  /** The agent's word for the peer comes first: it knew the cluster of that moment. */
  find(flow: ObservedFlow): FoundPeers {
    const { peer, peerAddress, port } = flow;
    const one = (found: FlowPeer): FoundPeers => ({ peers: [{ peer: found, port }] });
    if (peer.startsWith(SERVICE)) return this.#behind(peer.slice(SERVICE.length), flow);
    if (peer.startsWith(NODE)) return one(this.#block(peerAddress, peer));
    const isPod = /^[^\s/]+\/[^\s/]+$/.test(peer);
    const workload = isPod ? this.#owners.ofPod(peer) : this.#owners.ofAddress(peerAddress);
    if (workload !== undefined) {
      const group = this.#groups.of(workload);
      return one(group === undefined ? this.#block(peerAddress, `${workload.namespace}/${workload.name}`) : { kind: 'pods', group });
    }
    if (NAME_SERVER_POD.test(peer)) return one(this.#nameServers);
    if (isPod) return { unknown: `pod ${peer}` };
    const service = this.#services.get(peerAddress);
    return service === undefined ? one(this.#block(peerAddress)) : this.#behind(objectKey(service), flow);
  }

  /** Where the agent judges a Service by all that is behind it, the flow is told with the Service's own address and port. */
  #behind(key: string, { direction, peerAddress, protocol, port }: ObservedFlow): FoundPeers {
    const service = this.#model.services.get(key)?.object;
    // What comes from a Service's address is outside of the cluster, or pretends.
    if (direction === 'ingress') return { peers: [{ peer: this.#block(peerAddress, `${SERVICE}${key}`), port }] };
    if (service === undefined) return this.#nameless(key, port);
    const known = PROTOCOLS.find((one) => one === protocol);
    const pods = backendsOf(this.#model, service, port).flatMap(({ pods: { workload }, protocol: its, port: podPort }) => {
      const group = this.#groups.of(workload);
      return its !== known || podPort === undefined || group === undefined
        ? []
        : [{ peer: { kind: 'pods', group } as const, port: podPort }];
    });
    const found = pods.length > 0 ? pods : this.#endpoints(key, service, protocol, port);
    return found.length > 0 ? { peers: found } : this.#nameless(key, port);
  }

  #nameless(service: string, port: number): FoundPeers {
    return service === DNS_SERVICE ? { peers: [{ peer: this.#nameServers, port }] } : { unknown: `${SERVICE}${service}` };
  }

  /** Of a Service without a selector, such as the API server's. */
  #endpoints(key: string, service: Service, protocol: string, port: number): { readonly peer: FlowPeer; readonly port: number }[] {
    const names = new Set(service.ports.filter((one) => one.port === port && one.protocol === protocol).map(({ name }) => name));
    return this.#model.compiler.cluster.slicesOf(key).flatMap(({ ports, endpoints }) => {
      const numbers = ports.filter((one) => names.has(one.name) && one.protocol === protocol);
      const addresses = endpoints.flatMap((one) => one.addresses);
      return numbers.flatMap((number) =>
        addresses.map((address) => ({ peer: this.#block(address, `${SERVICE}${key}`), port: number.port })),
      );
    });
  }

  #block(address: Address, name?: string): FlowPeer {
    const length = isIPv4(address) ? MAPPED.length + this.#lengths.v4 : this.#lengths.v6;
    return { kind: 'block', prefix: { address: maskAddress(address, length), length }, ...(name === undefined ? {} : { name }) };
  }
}

export function isNameServers(peer: FlowPeer): boolean {
  return peer.kind === 'name servers' || (peer.kind === 'pods' && peer.group.workloads.some(isNameServer));
}
