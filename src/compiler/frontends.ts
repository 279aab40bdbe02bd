/** What kube-proxy rewrites, out of Services: the rows by which the kernel tells that a packet's destination is not its last. */

import type { Cluster } from '../cluster/cluster.ts';
import { formatAddress, type Address } from '../model/ip.ts';
import type { Service } from '../model/objects.ts';
import type { Frontend, Operation } from '../model/plan.ts';
import { PROTOCOL_NUMBER } from '../model/verdict.ts';

/** Rows of the kernel's map (bpf/frontend.h). */
const FRONTEND_ROWS = 131_072;

export class Frontends {
  readonly #cluster: Cluster;
  /** Frontends of each Service, by key. */
  readonly #ofService = new Map<string, ReadonlyMap<string, Frontend>>();
  readonly #services = new Map<Address, Set<string>>();
  readonly #wanted = new Map<string, { readonly frontend: Frontend; services: number }>();
  readonly #stale = new Set<string>();
  #told: ReadonlyMap<string, Frontend> = new Map();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Frontends that found no room. What goes to them is judged by their own address: closed, unless a block allows it. */
  get beyond(): number {
    return Math.max(0, this.#wanted.size - FRONTEND_ROWS);
  }

  changeService(key: string): void {
    this.#stale.add(key);
  }

  /** A pod has this address from now on, or has it no more. */
  changeOwner(address: Address): void {
    for (const service of this.#services.get(address) ?? []) this.#stale.add(service);
  }

  operations(): Operation[] {
    if (this.#stale.size === 0) return [];
    for (const key of this.#stale) this.#refresh(key);
    this.#stale.clear();
    const before = this.#told;
    this.#told = this.#fitting();
    const operations: Operation[] = [];
    for (const [key, frontend] of this.#told) if (!before.has(key)) operations.push({ op: 'put-frontend', frontend, endpoints: 0 });
    for (const [key, frontend] of before) if (!this.#told.has(key)) operations.push({ op: 'delete-frontend', frontend });
    return operations;
  }

  /** What the kernel holds as of the last operations. */
  *desired(): Generator<Extract<Operation, { op: 'put-frontend' }>> {
    for (const frontend of this.#told.values()) yield { op: 'put-frontend', frontend, endpoints: 0 };
  }

  /** Which ones fit is a function of what there is, not of the order in which it came. */
  #fitting(): ReadonlyMap<string, Frontend> {
    const keys = this.beyond === 0 ? this.#wanted.keys() : [...this.#wanted.keys()].toSorted().slice(0, FRONTEND_ROWS);
    const fitting = new Map<string, Frontend>();
    for (const key of keys) {
      const entry = this.#wanted.get(key);
      if (entry !== undefined) fitting.set(key, entry.frontend);
    }
    return fitting;
  }

  #refresh(key: string): void {
    const service = this.#cluster.services.get(key);
    for (const [id, { address }] of this.#ofService.get(key) ?? []) {
      const entry = this.#wanted.get(id);
      if (entry !== undefined && (entry.services -= 1) === 0) this.#wanted.delete(id);
      if (address !== undefined) this.#services.get(address)?.delete(key);
    }
    this.#ofService.delete(key);
    if (service === undefined) return;
    const addresses = rewrittenAddresses(service);
    for (const address of addresses) this.#services.set(address, (this.#services.get(address) ?? new Set()).add(key));
    const frontends = new Map<string, Frontend>();
    for (const address of addresses) {
      // A pod's own address is judged as the pod's, whoever calls it external too: else a Service could make it a hole.
      if (this.#cluster.ownerOf(address) !== undefined) continue;
      for (const { protocol, port } of service.ports) {
        const frontend = { address, protocol: PROTOCOL_NUMBER[protocol], port };
        frontends.set(`${formatAddress(address)} ${frontend.protocol} ${port}`, frontend);
      }
    }
    for (const [id, frontend] of frontends) {
      const entry = this.#wanted.get(id);
      if (entry === undefined) this.#wanted.set(id, { frontend, services: 1 });
      else entry.services += 1;
    }
    this.#ofService.set(key, frontends);
  }
}

/** Not the node ports: what goes to the own node is rewritten or delivered there, and what goes to another node is rewritten on that one. */
function rewrittenAddresses(service: Service): readonly Address[] {
  if (service.type === 'ExternalName') return [];
  return [...new Set([...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs])];
}
