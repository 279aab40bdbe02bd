/** Pods of the cluster that play the pods of cases: made and deleted through the API, each with a process of ours in its network namespace. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Manifest } from '../../support/builders/manifests.ts';
import type { ApiClient } from '../harness/api-client.ts';
import type { Cluster } from '../harness/cluster.ts';
import { findNamespace } from '../harness/test-pods.ts';
import { Actor, type ActorPlace } from './actor.ts';
import { collectionPath, nameOf, objectPath } from './object-paths.ts';
import { nodeNamed, podBody, portsOf, sharesNodeNetwork } from './pod-body.ts';

interface PodObject {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly status: {
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const READY_TIMEOUT_MS = 90_000;
const POLL_MS = 100;
const FIELDS = 'fieldValidation=Strict';

export class WorldPods {
  readonly #cluster: Cluster;
  readonly #api: ApiClient;
  readonly #image: string;
  readonly #actors = new Map<string, Actor>();
  readonly #nodes = new Map<string, string>();

  constructor(cluster: Cluster, api: ApiClient, image: string) {
    this.#cluster = cluster;
    this.#api = api;
    this.#image = image;
  }

  /** Pods with an interface of their own, by node. */
  get byNode(): ReadonlyMap<string, readonly string[]> {
    const keys = [...this.#nodes.keys()];
    return Map.groupBy(keys, (key) => this.#nodes.get(key) ?? '');
  }

  actor(key: string): Actor | undefined {
    return this.#actors.get(key);
  }

  /** Returns when they are ready and serve. */
  async add(manifests: readonly Manifest[]): Promise<void> {
    await Promise.all(
      manifests.map((manifest) =>
        this.#api.ask({ method: 'POST', path: `${collectionPath(nameOf(manifest))}?${FIELDS}`, body: podBody(manifest, this.#image) }),
      ),
    );
    await Promise.all(manifests.map((manifest) => this.#enter(manifest)));
  }

  /** Returns when the API server has forgotten them. */
  async remove(manifests: readonly Manifest[]): Promise<void> {
    await Promise.all(
      manifests.map(async (manifest) => {
        const key = keyOf(manifest);
        await this.#actors.get(key)?.stop();
        this.#actors.delete(key);
        this.#nodes.delete(key);
        await this.#api.ask({ method: 'DELETE', path: `${objectPath(nameOf(manifest))}?gracePeriodSeconds=0` });
      }),
    );
  }

  /** It is terminating from then on, and stays. */
  async end(manifest: Manifest): Promise<void> {
    await this.#api.ask({ method: 'DELETE', path: objectPath(nameOf(manifest)) });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#actors.values()].map((actor) => actor.stop()));
  }

  async #enter(manifest: Manifest): Promise<void> {
    const addresses = await this.#awaitReady(manifest);
    if (sharesNodeNetwork(manifest)) return;
    const key = keyOf(manifest);
    const node = nodeNamed((manifest['spec'] as { readonly nodeName: string }).nodeName);
    const place: ActorPlace = { key, netns: findNamespace(this.#cluster, node, addresses[0]), addresses };
    this.#nodes.set(key, node);
    this.#actors.set(key, await Actor.start(join(this.#cluster.plan.folder, 'actors'), place, portsOf(manifest)));
  }

  /** Its addresses, IPv4 and IPv6. */
  async #awaitReady(manifest: Manifest): Promise<readonly [string, string]> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    for (;;) {
      const { status } = (await this.#api.ask({ method: 'GET', path: objectPath(nameOf(manifest)) })).body as PodObject;
      const isReady = status.conditions?.some(({ type, status: word }) => type === 'Ready' && word === 'True');
      const addresses = (status.podIPs ?? []).map(({ ip }) => ip);
      const [v4, v6] = [addresses.find((ip) => !ip.includes(':')), addresses.find((ip) => ip.includes(':'))];
      if (isReady === true && v4 !== undefined && v6 !== undefined) return [v4, v6];
      if (performance.now() > deadline) throw new Error(`${keyOf(manifest)} is not ready: ${JSON.stringify(status)}`);
      await sleep(POLL_MS);
    }
  }
}

function keyOf(manifest: Manifest): string {
  const { namespace = '', name } = nameOf(manifest);
  return `${namespace}/${name}`;
}
