/** Judges conformance cases by packets between pods of a real cluster, with what the API server, the controllers and kube-proxy make of its objects. */

import { join } from 'node:path';
import { ProbePace } from '../../../src/lab/probing/probe-pace.ts';
import { runChecked } from '../../../src/lab/processes/run-command.ts';
import type { ProbeRequest, ProbeResult } from '../../../src/lab/types.ts';
import type { Family } from '../../conformance/case.ts';
import type { Change, Judge } from '../../conformance/judge.ts';
import { podOf, STRANGER_POD } from '../../conformance/judges/lab-pods.ts';
import { probePackets } from '../../conformance/judges/probe-packets.ts';
import { CraftedProber, type Place } from '../../conformance/packets/crafted-probe.ts';
import { manifestKey, type Manifest } from '../../support/builders/manifests.ts';
import { STRANGER, threeNamespaces } from '../../support/builders/three-namespaces.ts';
import { ApiClient } from '../harness/api-client.ts';
import type { Cluster } from '../harness/cluster.ts';
import { agnhostName } from '../harness/images.ts';
import { Actor } from './actor.ts';
import { forgetFlows } from './forget-flows.ts';
import { Markers, MARKERS_NAMESPACE } from './markers.ts';
import { nameOf } from './object-paths.ts';
import { isTerminating, nodeNamed } from './pod-body.ts';
import { connectStranger, removeStranger } from './stranger.ts';
import { WorldPods } from './world-pods.ts';
import { abandonNamespace, createNamespace, deleteObject, relabel, removeNamespace, writeObject } from './write-objects.ts';

/** What decides to whom a node rewrites. */
const CHOICES: readonly string[] = ['Service', 'EndpointSlice', 'Pod'];
const NODE_SETTINGS = [
  // Seconds for which a closed connection is remembered.
  'net.netfilter.nf_conntrack_tcp_timeout_time_wait=5',
  // Who knocks often is refused each time.
  'net.ipv4.icmp_ratelimit=0',
  'net.ipv6.icmp.ratelimit=0',
];
const STRANGER_PORTS = [80, 81].flatMap((port) => (['TCP', 'UDP'] as const).map((protocol) => ({ protocol, port })));

export class ClusterJudge implements Judge, AsyncDisposable {
  readonly secondLookMs = 1000;
  readonly world: readonly Manifest[];
  readonly api: ApiClient;
  readonly #cluster: Cluster;
  readonly #pods: WorldPods;
  readonly #markers: Markers;
  readonly #stranger: Actor;
  readonly #prober = new CraftedProber();
  readonly #pace = new ProbePace();
  /** What the API server has, by `manifestKey`. */
  readonly #objects = new Map<string, Manifest>();
  readonly #namespaces: Set<string>;

  private constructor(cluster: Cluster, api: ApiClient, pods: WorldPods, markers: Markers, stranger: Actor, world: readonly Manifest[]) {
    this.#cluster = cluster;
    this.api = api;
    this.#pods = pods;
    this.#markers = markers;
    this.#stranger = stranger;
    this.world = world;
    this.#namespaces = new Set([MARKERS_NAMESPACE]);
  }

  /** Makes the world, in the place of one that a killed run left. */
  static async create(cluster: Cluster): Promise<ClusterJudge> {
    const { plan, bin } = cluster;
    const api = new ApiClient(plan);
    const image = await agnhostName(bin);
    // Nodes are as they are; where a pod runs is the cluster's to say.
    const world = threeNamespaces({ status: false }).filter(({ kind }) => kind !== 'Node');
    const namespaces = world.filter(({ kind }) => kind === 'Namespace').map((manifest) => nameOf(manifest).name);
    await Promise.all([...namespaces, MARKERS_NAMESPACE].map((name) => removeNamespace(api, name)));
    await createNamespace(api, MARKERS_NAMESPACE);
    const markers = await Markers.make(cluster, api, image);
    for (const { netns } of plan.nodes) await runChecked(['sysctl', '-qw', ...NODE_SETTINGS], { netns });
    const place = { key: STRANGER_POD, netns: join('/run/netns', await connectStranger(plan)), addresses: STRANGER };
    const stranger = await Actor.start(join(plan.folder, 'actors'), place, STRANGER_PORTS);
    const judge = new ClusterJudge(cluster, api, new WorldPods(cluster, api, image), markers, stranger, world);
    await judge.apply({ apply: world, delete: [] });
    return judge;
  }

  addressOf(actor: string, family: Family): string {
    return this.#placeOf(actor, family).address;
  }

  async apply(change: Change): Promise<void> {
    await this.#delete(change.delete);
    await this.#write(change.apply);
    const kinds = new Set([...change.apply, ...change.delete].map(({ kind }) => String(kind)));
    await this.#markers.untilInForce(kinds, this.#pods.byNode);
    const proxied = [...this.#objects.values()].some(({ kind }) => kind === 'Service');
    const chooses = CHOICES.some((kind) => kinds.has(kind)) && (proxied || kinds.has('Service') || kinds.has('EndpointSlice'));
    if (!chooses) return;
    await this.#markers.untilProxied();
    await forgetFlows(this.#cluster.plan);
  }

  probe(...[probes, look = 'first']: Parameters<Judge['probe']>): ReturnType<Judge['probe']> {
    const world = {
      prober: this.#prober,
      probe: (requests: readonly ProbeRequest[]) => this.#probe(requests),
      placeOf: (actor: string, family: Family) => this.#placeOf(actor, family),
    };
    return probePackets(world, probes, look);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#prober.close();
    await Promise.all([this.#pods.close(), this.#stranger.stop()]);
    await removeStranger(this.#cluster.plan);
    await Promise.all([...this.#namespaces].map((name) => abandonNamespace(this.api, name)));
    this.api[Symbol.dispose]();
  }

  async #delete(manifests: readonly Manifest[]): Promise<void> {
    for (const manifest of manifests) this.#objects.delete(manifestKey(manifest));
    await this.#pods.remove(manifests.filter(({ kind }) => kind === 'Pod'));
    await Promise.all(
      manifests.filter(({ kind }) => kind !== 'Pod' && kind !== 'Namespace').map((manifest) => deleteObject(this.api, manifest)),
    );
    for (const { name } of manifests.filter(({ kind }) => kind === 'Namespace').map(nameOf)) {
      await removeNamespace(this.api, name);
      this.#namespaces.delete(name);
    }
  }

  async #write(manifests: readonly Manifest[]): Promise<void> {
    const former = new Map(manifests.map((manifest) => [manifest, this.#objects.get(manifestKey(manifest))]));
    for (const manifest of manifests) this.#objects.set(manifestKey(manifest), manifest);
    const {
      Namespace: namespaces = [],
      Pod: pods = [],
      other = [],
    } = Object.groupBy(manifests, ({ kind }) => (kind === 'Namespace' || kind === 'Pod' ? kind : 'other'));
    for (const manifest of namespaces) await this.#writeNamespace(manifest, former.get(manifest));
    for (const { namespace = '' } of [...pods, ...other].map(nameOf)) await this.#needNamespace(namespace);
    await this.#pods.add(pods.filter((pod) => former.get(pod) === undefined));
    for (const pod of pods) await this.#changePod(pod, former.get(pod));
    await Promise.all(other.map((manifest) => writeObject(this.api, manifest, former.get(manifest))));
  }

  async #writeNamespace(manifest: Manifest, former: Manifest | undefined): Promise<void> {
    const { name } = nameOf(manifest);
    if (former === undefined) await this.#needNamespace(name);
    await relabel(this.api, former ?? { metadata: {} }, manifest);
  }

  /** Namespaces that are only mentioned are made up, and stay. */
  async #needNamespace(name: string): Promise<void> {
    if (this.#namespaces.has(name)) return;
    this.#namespaces.add(name);
    await createNamespace(this.api, name);
  }

  async #changePod(pod: Manifest, former: Manifest | undefined): Promise<void> {
    if (former === undefined) return;
    await relabel(this.api, former, pod);
    if (isTerminating(pod) && !isTerminating(former)) await this.#pods.end(pod);
  }

  #probe(requests: readonly ProbeRequest[]): Promise<readonly ProbeResult[]> {
    return Promise.all(
      requests.map(({ from, to, protocol, port, family = 4, timeoutMs = 0 }) => {
        const address = to.includes('/') ? this.#placeOf(to, family).address : to;
        const actor = this.#actorOf(from);
        return this.#pace.run(() => actor.probe({ address, family, protocol, port, timeoutMs }));
      }),
    );
  }

  #actorOf(actor: string): Actor {
    const key = podOf(actor);
    const found = key === STRANGER_POD ? this.#stranger : this.#pods.actor(key);
    if (found === undefined) throw new TypeError(`there is no ${actor}`);
    return found;
  }

  #placeOf(actor: string, family: Family): Place {
    const node = this.#cluster.plan.nodes.find(({ name }) => name === nodeNamed(actor));
    if (node !== undefined) return { netns: node.netns, address: family === 4 ? node.address : node.address6 };
    const { netns, addresses } = this.#actorOf(actor).place;
    return { netns, address: addresses[family === 4 ? 0 : 1] };
  }
}
