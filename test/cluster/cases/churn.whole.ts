/** 260 pods created and deleted under a policy, on a node with 128 addresses: none gets a verdict that was another's. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Streams } from '../../e2e/support/streams.ts';
import { TCP_PORT } from '../../e2e/support/world.ts';
import { untilInForce } from '../harness/agents.ts';
import { agnhostName } from '../harness/images.ts';
import { ClusterStage } from '../harness/stage.ts';
import { type ClusterPod, podObject } from '../harness/test-pods.ts';

const NAMESPACE = 'churn';
const ROUNDS = 10;
const PODS_A_ROUND = 26;
const ROUND_MS = 120_000;

interface Ended {
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly status: { readonly phase: string; readonly podIP?: string };
}

describe('pods that come and go', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  const pods = `/api/v1/namespaces/${NAMESPACE}/pods`;
  const churned = `${pods}?labelSelector=kind`;
  let server: ClusterPod;
  let friend: ClusterPod;
  let foe: ClusterPod;

  beforeAll(async () => {
    await stage.begin();
    [server, friend, foe] = await stage.start({ name: 'server', node: 'n2' }, { name: 'friend', node: 'n1' }, { name: 'foe', node: 'n1' });
    await api.putPolicy(NAMESPACE, 'server', {
      podSelector: { matchLabels: { app: 'server' } },
      ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['friend'] }] } }] }],
    });
    await untilInForce(cluster, `${NAMESPACE}/server`);
  });

  afterAll(() => stage.end());

  it(
    'are judged by what they are, with addresses that others had',
    async () => {
      const streams = new Streams();
      await streams.allow(friend, server);
      await streams.deny(foe, server);
      await streams.begin();
      const uses = new Map<string, Set<string>>();
      const wrong: string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const { metadata, status } of await oneRound(round)) {
          const app = metadata.labels['app'] ?? '';
          const address = status.podIP ?? '';
          uses.set(address, (uses.get(address) ?? new Set()).add(app));
          if ((status.phase === 'Succeeded') !== (app === 'friend')) wrong.push(`${metadata.name} at ${address}: ${status.phase}`);
        }
      }
      const reused = [...uses.values()].filter((apps) => apps.size > 1).length;
      const { allowed, denied } = await streams.expectUntouched();
      console.log(
        `${ROUNDS * PODS_A_ROUND} pods at ${uses.size} addresses, ${reused} of them a friend's and a foe's in turn; ${wrong.length} judged wrongly; ` +
          `meanwhile ${allowed.packets} allowed packets, ${allowed.lost} lost; ${denied.packets} denied, ${denied.through} got through`,
      );
      expect(wrong).toEqual([]);
    },
    ROUNDS * ROUND_MS,
  );

  /** Friends try for ten seconds, since the server's node hears of them later than they begin; foes as long, and in vain. */
  async function oneRound(round: number): Promise<readonly Ended[]> {
    const image = await agnhostName(cluster.bin);
    for (let index = 0; index < PODS_A_ROUND; index += 1) {
      const app = (index + round) % 2 === 0 ? 'friend' : 'foe';
      const timeout = app === 'friend' ? '10s' : '3s';
      const wish = { name: `${app}-${round}-${index}`, node: 'n1', labels: { app, kind: 'churned' } };
      const pod = podObject(wish, image, ['connect', `${server.v4}:${TCP_PORT}`, `--timeout=${timeout}`]) as { spec: object };
      await api.ask({ method: 'POST', path: pods, body: { ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } } });
    }
    const deadline = performance.now() + ROUND_MS;
    for (;;) {
      const { items } = (await api.ask({ method: 'GET', path: churned })).body as { items: readonly Ended[] };
      if (items.length === PODS_A_ROUND && items.every(({ status }) => status.phase === 'Succeeded' || status.phase === 'Failed')) {
        await api.ask({ method: 'DELETE', path: churned });
        await untilGone();
        return items;
      }
      if (performance.now() > deadline) throw new Error(`round ${round} does not end`);
      await sleep(250);
    }
  }

  async function untilGone(): Promise<void> {
    const deadline = performance.now() + ROUND_MS;
    for (;;) {
      const { items } = (await api.ask({ method: 'GET', path: churned })).body as { items: readonly unknown[] };
      if (items.length === 0) return;
      if (performance.now() > deadline) throw new Error('pods are not deleted');
      await sleep(250);
    }
  }
});
