/** What people call an address: the pod that owns it, the Service that it is of, the node. */

import type { Compiler } from '../compiler/compiler.ts';
import { formatAddress, type Address } from '../model/ip.ts';

/** Nodes are looked through no more often: their addresses hardly change, and a cluster has thousands. */
const NODES_KEPT_MS = 10_000;

export class PeerNames {
  readonly #compiler: Pick<Compiler, 'cluster' | 'frontends'>;
  #nodes: ReadonlyMap<Address, string> = new Map();
  #nodesReadAt = -Infinity;

  constructor(compiler: Pick<Compiler, 'cluster' | 'frontends'>) {
    this.#compiler = compiler;
  }

  /** `namespace/name` of a pod, `service namespace/name`, `node name`, else the address. */
  nameOf(address: Address): string {
    const { cluster, frontends } = this.#compiler;
    const pod = cluster.ownerOf(address);
    if (pod !== undefined) return pod;
    const [service] = frontends.servicesAt(address);
    if (service !== undefined) return `service ${service}`;
    const node = this.#nodeAt(address);
    return node === undefined ? formatAddress(address) : `node ${node}`;
  }

  #nodeAt(address: Address): string | undefined {
    if (performance.now() - this.#nodesReadAt > NODES_KEPT_MS) {
      const nodes = this.#compiler.cluster.nodes.values().flatMap(({ name, addresses }) => addresses.map((own) => [own, name] as const));
      this.#nodes = new Map(nodes);
      this.#nodesReadAt = performance.now();
    }
    return this.#nodes.get(address);
  }
}
