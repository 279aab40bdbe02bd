/** A stand-in for kube-proxy on one node: Services as manifests for the agent and, apart from that, as rules in the node's namespace. */

import { proxyRules, type HostPort } from './proxy-rules.ts';
import { endpointSliceObjects, serviceObject, type ServiceFacts } from './proxy-service.ts';
import type { World } from './world.ts';

export class Proxy {
  readonly #world: World;
  readonly #told = new Map<string, readonly string[]>();
  readonly #services = new Map<string, ServiceFacts>();
  #hostPorts: readonly HostPort[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Tells the agent of a Service, and rewrites what is sent to it. */
  put(service: ServiceFacts): void {
    this.tell(service);
    this.rewrite(service);
  }

  /** Manifests alone: what the proxy does is its own affair. */
  tell(service: ServiceFacts): void {
    this.#forget(service.name);
    const objects = [serviceObject(service), ...endpointSliceObjects(service)];
    const files = objects.map((_object, index) => `service-${service.name}-${index}.json`);
    for (const [index, object] of objects.entries()) this.#world.manifests.put(files[index] ?? '', object);
    this.#told.set(service.name, files);
  }

  /** Rules alone: a proxy may be ahead of the agent, or behind. */
  rewrite(service: ServiceFacts): void {
    this.#services.set(service.name, service);
    this.#apply();
  }

  /** Of a pod's port on the node's own addresses there is no object. */
  openHostPorts(...hostPorts: readonly HostPort[]): void {
    this.#hostPorts = hostPorts;
    this.#apply();
  }

  /** Everything that was put. */
  clear(): void {
    for (const name of this.#told.keys()) this.#forget(name);
    this.#services.clear();
    this.#hostPorts = [];
    this.#apply();
  }

  #forget(name: string): void {
    for (const file of this.#told.get(name) ?? []) this.#world.manifests.remove(file);
    this.#told.delete(name);
  }

  #apply(): void {
    this.#world.node.run('nft', ['-f', '-'], proxyRules(this.#world.nodeName, [...this.#services.values()], this.#hostPorts));
  }
}
