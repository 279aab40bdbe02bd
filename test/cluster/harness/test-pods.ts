/** Pods of the cluster in whose network namespaces the tests' own processes serve and open flows. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PacketCounter } from '../../e2e/support/packet-counter.ts';
import type { StreamPod } from '../../e2e/support/streams.ts';
import { Traffic } from '../../e2e/support/traffic.ts';
import { OTHER_PORT, TALK_PORT, TCP_PORT, UDP_PORT } from '../../e2e/support/world.ts';
import type { ApiClient } from './api-client.ts';
import type { Cluster } from './cluster.ts';
import { agnhostName } from './images.ts';

export interface PodWish {
  readonly name: string;
  readonly node: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface ClusterPod extends StreamPod, Disposable {
  readonly namespace: string;
  readonly node: string;
  /** Path of its network namespace, as the machine reaches it. */
  readonly netns: string;
}

interface PodObject {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

const READY_TIMEOUT_MS = 90_000;

/** Returns when they are ready and serve, in the order of the wishes. */
export async function startPods(cluster: Cluster, api: ApiClient, namespace: string, wishes: readonly PodWish[]): Promise<ClusterPod[]> {
  const image = await agnhostName(cluster.bin);
  const path = `/api/v1/namespaces/${namespace}/pods`;
  await Promise.all(wishes.map((wish) => api.ask({ method: 'POST', path, body: podObject(wish, image) })));
  const ready = await awaitReady(api, path, new Set(wishes.map(({ name }) => name)));
  return Promise.all(wishes.map((wish) => enterPod(cluster, namespace, wish, ready.get(wish.name) ?? [])));
}

export function podObject({ name, node, labels = {} }: PodWish, image: string, args: readonly string[] = ['pause']): object {
  return {
    metadata: { name, labels: { app: name, ...labels } },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      containers: [{ name: 'c', image, args }],
    },
  };
}

async function awaitReady(api: ApiClient, path: string, names: ReadonlySet<string>): Promise<Map<string, string[]>> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const { items } = (await api.ask({ method: 'GET', path })).body as { items: readonly PodObject[] };
    const ready = items.filter(({ status }) => status.conditions?.some(({ type, status: word }) => type === 'Ready' && word === 'True'));
    const addresses = new Map(ready.map(({ metadata, status }) => [metadata.name, (status.podIPs ?? []).map(({ ip }) => ip)]));
    const waiting = [...names].filter((name) => !addresses.has(name));
    if (waiting.length === 0) return addresses;
    if (performance.now() > deadline) throw new Error(`pods are not ready: ${waiting.join(', ')}`);
    await sleep(100);
  }
}

async function enterPod(cluster: Cluster, namespace: string, { name, node }: PodWish, addresses: readonly string[]): Promise<ClusterPod> {
  const v4 = addresses.find((address) => !address.includes(':')) ?? '';
  const v6 = addresses.find((address) => address.includes(':')) ?? '';
  const netns = findNamespace(cluster, node, v4);
  const traffic = new Traffic(netns);
  await traffic.ask({ op: 'serve', echo: [TCP_PORT, OTHER_PORT], talk: [TALK_PORT], udp: [UDP_PORT] });
  const run = (command: string, args: readonly string[], input?: string): string =>
    execFileSync('nsenter', [`--net=${netns}`, command, ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
      ...(input === undefined ? {} : { input }),
    });
  const packets = new PacketCounter({ run }, [TCP_PORT, TALK_PORT, UDP_PORT]);
  return { name, namespace, node, netns, v4, v6, traffic, packets, [Symbol.dispose]: () => traffic[Symbol.dispose]() };
}

/** Path of a pod's network namespace. The runtime's name for it says nothing; its address does. */
export function findNamespace(cluster: Cluster, node: string, address: string): string {
  const folder = cluster.pathIn(node, '/run/netns');
  for (const name of readdirSync(folder)) {
    const path = `${folder}/${name}`;
    // One whose pod goes at this moment may not be entered any more.
    const { stdout } = spawnSync('nsenter', [`--net=${path}`, 'ip', '-4', '-o', 'address'], { encoding: 'utf8' });
    if (stdout.includes(` ${address}/`)) return path;
  }
  throw new Error(`no network namespace of ${node} has ${address}`);
}
