/** An API server that is away for more than a minute: what was in force stays, an agent that starts meanwhile leaves it, and the return changes nothing. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runChecked } from '../../../src/lab/processes/run-command.ts';
import { Streams } from '../../e2e/support/streams.ts';
import { TCP_PORT } from '../../e2e/support/world.ts';
import { untilAll, untilInForce } from '../harness/agents.ts';
import { ClusterStage } from '../harness/stage.ts';
import type { ClusterPod } from '../harness/test-pods.ts';

const NAMESPACE = 'api-loss';
const AWAY_MS = 75_000;
const TIMEOUT_MS = 300_000;

describe('without an API server', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  let web: ClusterPod;
  let friend: ClusterPod;
  let foe: ClusterPod;

  beforeAll(async () => {
    await stage.begin();
    [web, friend, foe] = await stage.start({ name: 'web', node: 'n1' }, { name: 'friend', node: 'n2' }, { name: 'foe', node: 'n2' });
    await api.putPolicy(NAMESPACE, 'web', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
    });
    await untilInForce(cluster, `${NAMESPACE}/web`);
  });

  afterAll(() => stage.end());

  it(
    'enforcement goes on, also past a restart of the agents, and nothing flaps when it is back',
    async () => {
      const streams = new Streams();
      await streams.allow(friend, web);
      await streams.deny(foe, web);
      await streams.deny(web, foe);
      await streams.begin();
      await cluster.stopApiServer();
      await sleep(AWAY_MS / 2);
      expect(await metric('postern_kube_api_reachable')).toBe(0);
      const pids = await cluster.agentPids();
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await sleep(AWAY_MS / 2);
      await cluster.startApiServer();
      // What Kubernetes says of their readiness is of before the loss.
      await untilAll(cluster, 'agents settled', ({ settled }) => settled);
      expect(await cluster.agentPids()).not.toEqual(pids);
      // The agents look once a second whether they hear it.
      await expect.poll(() => metric('postern_kube_api_reachable'), { timeout: 5000 }).toBe(1);
      await sleep(2000);
      const { allowed, denied } = await streams.expectUntouched();
      console.log(
        `API server away for ${AWAY_MS / 1000} s, agents killed meanwhile: ${allowed.packets} allowed packets, ${allowed.lost} lost; ${denied.packets} denied, ${denied.through} got through`,
      );
      await api.deletePolicy(NAMESPACE, 'web');
      await sleep(500);
      expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    },
    TIMEOUT_MS,
  );

  async function metric(name: string): Promise<number> {
    const { address, netns } = cluster.node('n1');
    const text = await runChecked(['curl', '-sS', `http://${address}:9470/metrics`], { netns });
    return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  }
});
