/** What kube-proxy rewrites, out of Services and host ports: the rows by which the kernel tells that a packet's destination is not its last. */

import type { Cluster } from '../cluster/cluster.ts';
import { formatAddress, isIPv4, type Address } from '../model/ip.ts';
import type { Pod, Service, ServicePort } from '../model/objects.ts';
import type { Frontend, Operation } from '../model/plan.ts';
import { PROTOCOL_NUMBER } from '../model/verdict.ts';

/** Rows of the kernel's map (bpf/frontend.h). */
const FRONTEND_ROWS = 131_072;

/** Where a frontend may lead. */
export interface Target {
  readonly address: Address;
  readonly port: number;
}

/** The number of the class of these endpoints, for kernels that judge a Service by all of them. */
export type ClassOf = (protocol: number, targets: readonly Target[]) => number;

interface Wanted {
  readonly frontend: Frontend;
  /** By who wants it: a Service or a pod. */
  readonly targets: Map<string, readonly Target[]>;
}

type PutFrontend = Extract<Operation, { op: 'put-frontend' }>;

export class Frontends {
  readonly #cluster: Cluster;
  readonly #classOf: ClassOf | undefined;
  readonly #wanted = new Map<string, Wanted>();
  /** Keys of what each Service or pod wants. */
  readonly #wantedBy = new Map<string, readonly string[]>();
  /** Services by the addresses that they have. */
  readonly #services = new Map<Address, Set<string>>();
  readonly #staleServices = new Set<string>();
  readonly #stalePods = new Set<string>();
  #told: ReadonlyMap<string, PutFrontend> = new Map();

  /** Without `classOf` no endpoint is looked at, and node ports and host ports are no frontends: after_nat judges by what the kernel has chosen. */
  constructor(cluster: Cluster, classOf: ClassOf | undefined) {
    this.#cluster = cluster;
    this.#classOf = classOf;
  }

  /** Frontends that found no room. What goes to them is judged by their own address: closed, unless a block allows it. */
  get beyond(): number {
    return Math.max(0, this.#wanted.size - FRONTEND_ROWS);
  }

  get size(): number {
    return this.#told.size;
  }

  /** Services that have this address: cluster, external or load balancer's. */
  servicesAt(address: Address): Iterable<string> {
    return this.#services.get(address) ?? [];
  }

  changeService(key: string): void {
    this.#staleServices.add(key);
  }

  /** A pod of this node. */
  changePod(key: string): void {
    if (this.#classOf !== undefined) this.#stalePods.add(key);
  }

  /** A pod has this address from now on, or has it no more. */
  changeOwner(address: Address): void {
    for (const service of this.#services.get(address) ?? []) this.#staleServices.add(service);
  }

  operations(): Operation[] {
    const stale = this.#staleServices.size + this.#stalePods.size > 0;
    for (const key of this.#staleServices) this.#refreshService(key);
    for (const key of this.#stalePods) this.#refreshPod(key);
    this.#staleServices.clear();
    this.#stalePods.clear();
    // Classes follow the identities of endpoints, which change with labels and policies.
    if (!stale && this.#classOf === undefined) return [];
    const before = this.#told;
    this.#told = this.#fitting();
    const operations: Operation[] = [];
    for (const [key, put] of this.#told) if (before.get(key)?.endpoints !== put.endpoints) operations.push(put);
    for (const [key, { frontend }] of before) if (!this.#told.has(key)) operations.push({ op: 'delete-frontend', frontend });
    return operations;
  }

  /** What the kernel holds as of the last operations. */
  desired(): Iterable<PutFrontend> {
    return this.#told.values();
  }

  /** Which ones fit is a function of what there is, not of the order in which it came. */
  #fitting(): ReadonlyMap<string, PutFrontend> {
    const keys = this.beyond === 0 ? this.#wanted.keys() : [...this.#wanted.keys()].toSorted().slice(0, FRONTEND_ROWS);
    const fitting = new Map<string, PutFrontend>();
    for (const key of keys) {
      const wanted = this.#wanted.get(key);
      if (wanted === undefined) continue;
      const endpoints = this.#classOf?.(wanted.frontend.protocol, [...wanted.targets.values()].flat()) ?? 0;
      fitting.set(key, { op: 'put-frontend', frontend: wanted.frontend, endpoints });
    }
    return fitting;
  }

  #refreshService(key: string): void {
    const service = this.#cluster.services.get(key);
    const addresses = service === undefined ? [] : rewrittenAddresses(service);
    for (const services of this.#services.values()) services.delete(key);
    for (const address of addresses) this.#services.set(address, (this.#services.get(address) ?? new Set()).add(key));
    const rows: (readonly [Frontend, readonly Target[]])[] = [];
    for (const port of service?.ports ?? []) {
      const protocol = PROTOCOL_NUMBER[port.protocol];
      const targets = this.#classOf === undefined ? [] : this.#targetsOf(key, port);
      for (const address of addresses) {
        // A pod's own address is judged as the pod's, whoever calls it external too: else a Service could make it a hole.
        if (this.#cluster.ownerOf(address) !== undefined) continue;
        const family = targets.filter((target) => isIPv4(target.address) === isIPv4(address));
        rows.push([{ address, protocol, port: port.port }, family]);
      }
      if (this.#classOf !== undefined && port.nodePort !== undefined)
        rows.push([{ address: undefined, protocol, port: port.nodePort }, targets]);
    }
    this.#want(`Service ${key}`, rows);
  }

  #refreshPod(key: string): void {
    const pod = this.#cluster.pods.get(key);
    this.#want(`Pod ${key}`, pod === undefined || pod.hostNetwork ? [] : hostPortsOf(pod));
  }

  #want(who: string, rows: readonly (readonly [Frontend, readonly Target[]])[]): void {
    for (const key of this.#wantedBy.get(who) ?? []) {
      const wanted = this.#wanted.get(key);
      wanted?.targets.delete(who);
      if (wanted?.targets.size === 0) this.#wanted.delete(key);
    }
    this.#wantedBy.delete(who);
    if (rows.length === 0) return;
    for (const [frontend, targets] of rows) {
      const wanted: Wanted = this.#wanted.get(keyOf(frontend)) ?? { frontend, targets: new Map() };
      this.#wanted.set(keyOf(frontend), wanted);
      wanted.targets.set(who, targets);
    }
    this.#wantedBy.set(
      who,
      rows.map(([frontend]) => keyOf(frontend)),
    );
  }

  /** Every endpoint, ready or not: kube-proxy may still lead to it. */
  #targetsOf(service: string, { name, protocol }: ServicePort): Target[] {
    return this.#cluster.slicesOf(service).flatMap((slice) => {
      const ports = slice.ports.filter((port) => port.name === name && port.protocol === protocol);
      const addresses = slice.endpoints.flatMap((endpoint) => endpoint.addresses);
      return ports.flatMap(({ port }) => addresses.map((address) => ({ address, port })));
    });
  }
}

/** Not the node ports: what goes to the own node is rewritten or delivered there, and what goes to another node is rewritten on that one. */
function rewrittenAddresses(service: Service): readonly Address[] {
  if (service.type === 'ExternalName') return [];
  return [...new Set([...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs])];
}

function hostPortsOf(pod: Pod): (readonly [Frontend, readonly Target[]])[] {
  return pod.ports.flatMap(({ protocol, port, hostPort }) => {
    const frontend = { address: undefined, protocol: PROTOCOL_NUMBER[protocol], port: hostPort ?? 0 };
    return hostPort === undefined ? [] : [[frontend, pod.addresses.map((address) => ({ address, port }))] as const];
  });
}

function keyOf({ address, protocol, port }: Frontend): string {
  return `${address === undefined ? 'node' : formatAddress(address)} ${protocol} ${port}`;
}
