/** Agents that are killed, rolled and replaced while flows run: no allowed packet is lost, no denied one gets in. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Streams } from '../../e2e/support/streams.ts';
import { TCP_PORT } from '../../e2e/support/world.ts';
import { untilInForce } from '../harness/agents.ts';
import { ClusterStage } from '../harness/stage.ts';
import type { ClusterPod } from '../harness/test-pods.ts';

const NAMESPACE = 'restart';

describe('agents under load', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  let web: ClusterPod;
  let friend: ClusterPod;
  let foe: ClusterPod;
  let other: ClusterPod;
  let farFoe: ClusterPod;

  beforeAll(async () => {
    await stage.begin();
    [web, friend, foe, other, farFoe] = await stage.start(
      { name: 'web', node: 'n1' },
      { name: 'friend', node: 'n2' },
      { name: 'foe', node: 'n1' },
      { name: 'other', node: 'n1' },
      { name: 'far-foe', node: 'n2' },
    );
    await api.putPolicy(NAMESPACE, 'web', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
      egress: [{ to: [{ podSelector: { matchLabels: { app: 'other' } } }] }],
    });
    await untilInForce(cluster, `${NAMESPACE}/web`);
  });

  afterAll(() => stage.end());

  async function whileFlowsRun(what: string, act: () => Promise<void>): Promise<void> {
    const streams = new Streams();
    await streams.allow(friend, web);
    await streams.allow(web, other);
    for (const stranger of [foe, farFoe]) {
      await streams.deny(stranger, web);
      await streams.deny(web, stranger);
    }
    await streams.begin();
    await act();
    await sleep(500);
    const { allowed, denied } = await streams.expectUntouched();
    console.log(
      `${what}: ${allowed.packets} allowed packets, ${allowed.lost} lost; ${denied.packets} denied, ${denied.through} got through`,
    );
  }

  it('are rolled one node after the other', async () => {
    await whileFlowsRun('rolling update', async () => {
      await cluster.kubectl(['-n', 'postern', 'rollout', 'restart', 'daemonset/postern']);
      await cluster.kubectl(['-n', 'postern', 'rollout', 'status', 'daemonset/postern', '--timeout=120s']);
    });
  });

  it('are killed', async () => {
    await whileFlowsRun('kill -9', async () => {
      const pids = await cluster.agentPids();
      expect(pids).toHaveLength(cluster.plan.nodes.length);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      await cluster.untilAgentsReady(pids);
    });
  });

  it('are away, and enforcement is not', async () => {
    await whileFlowsRun('DaemonSet deleted and made again', async () => {
      await cluster.kubectl(['-n', 'postern', 'delete', 'daemonset/postern', '--wait=true']);
      await sleep(2000);
      expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
      expect(await friend.traffic.connects(web.v6, TCP_PORT)).toBe(true);
      await cluster.deployAgent();
    });
  });
});
