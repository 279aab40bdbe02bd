/** A node with a stand-in for kube-proxy, pods that talk, and a network outside. */

import { Arrivals } from './proxy-arrivals.ts';
import { Outside, type OutsideAddresses } from './proxy-outside.ts';
import type { Backend, ServiceFacts } from './proxy-service.ts';
import { Proxy } from './proxy.ts';
import { Talker } from './proxy-talker.ts';
import { nodeObject, podObject } from './manifests.ts';
import { TCP_PORT, UDP_PORT, World, type Plugin, type WorldPod } from './world.ts';

/** Of the pods. A Service's own port is another. */
export const POD_TCP_PORT = 8080;
export const POD_UDP_PORT = 5353;
export const SERVICE_PORT = 80;
export const NODE_PORT = 30080;

export interface TalkingPod extends WorldPod {
  readonly talker: Talker;
  /** Packets for the ports that it serves at. */
  readonly arrivals: Arrivals;
}

export interface ProxyWorldOptions {
  readonly plugin: Plugin;
  readonly bridgeNetfilter?: boolean;
  readonly index?: number;
  /** Shared by several nodes. Default: one of its own. */
  readonly outside?: Outside;
}

export class ProxyWorld {
  readonly world: World;
  readonly proxy: Proxy;
  readonly outside: Outside;
  /** Of the node, in the outside network. */
  readonly address: OutsideAddresses;
  readonly pods: TalkingPod[] = [];
  readonly #ownOutside: boolean;
  readonly #policies = new Set<string>();

  constructor(options: ProxyWorldOptions) {
    const { index = 1, outside, plugin, bridgeNetfilter = true } = options;
    this.world = new World({ plugin, index, bridgeNetfilter });
    this.proxy = new Proxy(this.world);
    // Else the node refuses but a few times in a second. 127 is no message: no other is limited.
    for (const [key, limited] of [
      ['ipv4/icmp_ratemask', 0],
      ['ipv6/icmp/ratemask', 127],
    ] as const) {
      this.world.node.run('sh', ['-c', `echo ${limited} > /proc/sys/net/${key}`]);
    }
    this.#ownOutside = outside === undefined;
    this.outside = outside ?? new Outside();
    this.address = this.outside.join(this.world.node, index);
    this.world.manifests.put('node.json', nodeObject(this.world.nodeName, [this.address.v4, this.address.v6]));
  }

  async addPod(name: string): Promise<TalkingPod> {
    const pod = await this.world.addPod(name);
    const talker = new Talker(pod.netns.path);
    const arrivals = new Arrivals(pod.netns, [POD_TCP_PORT, POD_UDP_PORT, TCP_PORT, UDP_PORT]);
    await talker.serve({ name, tcp: [POD_TCP_PORT], udp: [POD_UDP_PORT] });
    const talking: TalkingPod = { ...pod, talker, arrivals };
    this.pods.push(talking);
    return talking;
  }

  addPods<Names extends readonly string[]>(...names: Names): Promise<{ [Index in keyof Names]: TalkingPod }> {
    return Promise.all(names.map((name) => this.addPod(name))) as Promise<{ [Index in keyof Names]: TalkingPod }>;
  }

  policy(name: string, spec: object): void {
    this.#policies.add(name);
    this.world.policy(name, spec);
  }

  /** No policy, no Service, and at the pods no connection any more. */
  async clear(): Promise<void> {
    for (const name of this.#policies) this.world.manifests.remove(`policy-${name}.json`);
    this.#policies.clear();
    this.proxy.clear();
    await Promise.all(this.pods.map(({ talker }) => talker.forget()));
  }

  /** Lets the agent of this node know pods and the node of another. */
  tellOf(other: ProxyWorld): void {
    const { nodeName } = other.world;
    this.world.manifests.put(`node-${nodeName}.json`, nodeObject(nodeName, [other.address.v4, other.address.v6]));
    for (const { name, v4, v6 } of other.pods)
      this.world.manifests.put(`pod-${nodeName}-${name}.json`, podObject({ name, node: nodeName, addresses: [v4, v6] }));
  }

  [Symbol.dispose](): void {
    for (const { talker } of this.pods) talker[Symbol.dispose]();
    this.world[Symbol.dispose]();
    if (this.#ownOutside) this.outside[Symbol.dispose]();
  }
}

/** Both families of these pods, all of one node. */
export function backendsOf(world: ProxyWorld, pods: readonly TalkingPod[], conditions: Partial<Backend> = {}): Backend[] {
  return pods.flatMap(({ v4, v6 }) => [v4, v6].map((address) => ({ address, node: world.world.nodeName, ...conditions })));
}

/** A Service at `10.96.0.<number>` and its IPv6 twin with TCP and UDP at port 80. */
export function serviceOf(number: number, backends: readonly Backend[], more: Partial<ServiceFacts> = {}): ServiceFacts {
  return {
    name: `service-${number}`,
    clusterIPs: [`10.96.0.${number}`, `fd00:96::${number.toString(16)}`],
    ports: [
      { protocol: 'TCP', port: SERVICE_PORT, targetPort: POD_TCP_PORT },
      { protocol: 'UDP', port: SERVICE_PORT, targetPort: POD_UDP_PORT },
    ],
    backends,
    ...more,
  };
}

/** Selects pods by their label `app`. */
export function selecting(app: string): { readonly podSelector: object } {
  return { podSelector: { matchLabels: { app } } };
}

/** Every port that pods serve at. */
export const POD_PORTS = [{ port: POD_TCP_PORT }, { port: POD_UDP_PORT, protocol: 'UDP' }] as const;
