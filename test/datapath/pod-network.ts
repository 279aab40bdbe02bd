/** A node and a pod as two network namespaces joined by a veth, and a bpf folder for the node's datapath. */

import { BpfFolder } from '../native/support/bpf-folder.ts';
import { NetworkNamespace } from '../native/support/network-namespace.ts';
import { POD } from './scenarios/endpoint.ts';

export class PodNetwork {
  readonly node = new NetworkNamespace();
  readonly pod = new NetworkNamespace();
  readonly #folder = new BpfFolder();

  constructor() {
    this.node.ip(`link add veth0 type veth peer name eth0 netns ${this.pod.name}`);
    this.node.ip('addr add 10.97.0.1/24 dev veth0');
    this.node.ip('addr add fd00:97::1/64 dev veth0 nodad');
    this.pod.ip(`addr add ${POD[0]}/24 dev eth0`);
    this.pod.ip(`addr add ${POD[1]}/64 dev eth0 nodad`);
    this.node.ip('link set veth0 up');
    this.pod.ip('link set eth0 up');
  }

  get bpfRoot(): string {
    return this.#folder.path;
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
    this.node[Symbol.dispose]();
    this.pod[Symbol.dispose]();
  }
}
