/**
 * Tells when what was written is in force: after every write an object of the same kind, on which nothing depends, is changed. Watches tell of one kind's
 * changes in their order, so who knows that change knows all before it, deletions too.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { runChecked } from '../../../src/lab/processes/run-command.ts';
import { untilAll, type AgentStatus } from '../harness/agents.ts';
import type { ApiClient } from '../harness/api-client.ts';
import type { Cluster } from '../harness/cluster.ts';
import type { ClusterPlan } from '../harness/plan.ts';
import { collectionPath, objectPath, pluralOf, type ObjectName } from './object-paths.ts';

const NAMESPACE = 'marks';
const MARK = { namespace: NAMESPACE, name: 'mark' };
/** Nobody has it: addresses for documentation. */
const BACKENDS = { IPv4: '198.51.100.99', IPv6: '2001:db8:100::99' } as const;
const FAMILIES = ['IPv4', 'IPv6'] as const;
/** Of the marker's Service, and of its backend: others each time. */
const FIRST_PORT = 20_000;
const FIRST_TARGET = 40_000;
const PORTS = 10_000;
const PROXY_TIMEOUT_MS = 20_000;
const PROXY_POLL_MS = 100;

const NAMES: Readonly<Record<string, readonly ObjectName[]>> = {
  Namespace: [{ kind: 'Namespace', name: NAMESPACE }],
  NetworkPolicy: [{ kind: 'NetworkPolicy', ...MARK }],
  Pod: [{ kind: 'Pod', ...MARK }],
  Service: [{ kind: 'Service', ...MARK }],
  EndpointSlice: FAMILIES.map((family) => ({ kind: 'EndpointSlice', namespace: NAMESPACE, name: sliceName(family) })),
};

export class Markers {
  readonly #cluster: Cluster;
  readonly #api: ApiClient;
  #changes = 0;

  private constructor(cluster: Cluster, api: ApiClient) {
    this.#cluster = cluster;
    this.#api = api;
  }

  /** Their namespace is there, with its default service account. */
  static async make(cluster: Cluster, api: ApiClient, image: string): Promise<Markers> {
    const ports = [{ port: FIRST_PORT }];
    const bodies: readonly (readonly [kind: string, body: object])[] = [
      ['NetworkPolicy', { metadata: MARK, spec: { podSelector: { matchLabels: { nobody: 'has-this' } }, policyTypes: ['Ingress'] } }],
      // It is never given to a node.
      ['Pod', { metadata: MARK, spec: { schedulingGates: [{ name: 'postern.test/never' }], containers: [{ name: 'c', image }] } }],
      ['Service', { metadata: MARK, spec: { ipFamilyPolicy: 'RequireDualStack', ports } }],
      ...FAMILIES.map((family): readonly [string, object] => ['EndpointSlice', sliceOf(family, FIRST_TARGET)]),
    ];
    for (const [kind, body] of bodies) await api.ask({ method: 'POST', path: collectionPath({ kind, namespace: NAMESPACE }), body });
    return new Markers(cluster, api);
  }

  /** Every agent has in force what was written of these kinds, and guards these pods on their nodes. */
  async untilInForce(kinds: ReadonlySet<string>, podsByNode: ReadonlyMap<string, readonly string[]>): Promise<void> {
    this.#changes += 1;
    const versions = new Map<string, number>();
    for (const kind of kinds) {
      for (const object of NAMES[kind] ?? []) versions.set(pluralOf(kind), await this.#touch(object));
    }
    const knows = ({ source, settled, missing }: AgentStatus): boolean =>
      settled &&
      missing.length === 0 &&
      [...versions].every(([plural, version]) => Number(source.details[plural]?.version ?? 0) >= version);
    const guards = ({ node, endpoints }: AgentStatus): boolean => {
      const guarded = new Set(endpoints.map(({ pod }) => pod));
      return (podsByNode.get(node) ?? []).every((pod) => guarded.has(pod));
    };
    const what = `versions ${[...versions].map((pair) => pair.join(' ')).join(', ')} in force`;
    await untilAll(this.#cluster, what, (status) => knows(status) && guards(status));
  }

  /** Every node's kube-proxy has put into the kernel what was written of Services and their endpoints. */
  async untilProxied(): Promise<void> {
    this.#changes += 1;
    const at = this.#changes % PORTS;
    const { nodes, options } = this.#cluster.plan;
    await this.#patch({ kind: 'Service', ...MARK }, { spec: { ports: [{ port: FIRST_PORT + at }] } });
    for (const family of FAMILIES)
      await this.#patch({ kind: 'EndpointSlice', namespace: NAMESPACE, name: sliceName(family) }, { ports: [{ port: FIRST_TARGET + at }] });
    const asked = new RegExp(String.raw`\b${FIRST_PORT + at}\b`);
    // iptables writes it after a colon, nftables after a dot.
    const sent = new RegExp(String.raw`(?::|\. )${FIRST_TARGET + at}\b`);
    const deadline = performance.now() + PROXY_TIMEOUT_MS;
    for (const { name, netns } of nodes) {
      for (const listing of LISTINGS[options.proxy]) {
        for (;;) {
          const rules = await runChecked(listing, { netns });
          if (asked.test(rules) && sent.test(rules)) break;
          if (performance.now() > deadline) throw new Error(`kube-proxy of ${name} does not show the marker in ${listing.join(' ')}`);
          await sleep(PROXY_POLL_MS);
        }
      }
    }
  }

  /** The version that it has then. */
  async #touch(object: ObjectName): Promise<number> {
    return this.#patch(object, { metadata: { annotations: { change: String(this.#changes) } } });
  }

  async #patch(object: ObjectName, body: object): Promise<number> {
    const answer = await this.#api.ask({ method: 'PATCH', path: objectPath(object), body });
    return Number((answer.body as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
  }
}

export const MARKERS_NAMESPACE = NAMESPACE;

const LISTINGS: Readonly<Record<ClusterPlan['options']['proxy'], readonly (readonly string[])[]>> = {
  iptables: [
    ['iptables-save', '-t', 'nat'],
    ['ip6tables-save', '-t', 'nat'],
  ],
  nftables: [
    ['nft', 'list', 'table', 'ip', 'kube-proxy'],
    ['nft', 'list', 'table', 'ip6', 'kube-proxy'],
  ],
};

function sliceName(family: (typeof FAMILIES)[number]): string {
  return `${MARK.name}-${family.toLowerCase()}`;
}

function sliceOf(family: (typeof FAMILIES)[number], port: number): object {
  return {
    metadata: { namespace: NAMESPACE, name: sliceName(family), labels: { 'kubernetes.io/service-name': MARK.name } },
    addressType: family,
    ports: [{ port }],
    endpoints: [{ addresses: [BACKENDS[family]], conditions: { ready: true } }],
  };
}
