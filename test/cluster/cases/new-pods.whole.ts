/** Pods that try to connect as their first instruction, under policies that deny it: how many get through, and for how long. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TCP_PORT } from '../../e2e/support/world.ts';
import { untilInForce } from '../harness/agents.ts';
import { agnhostName } from '../harness/images.ts';
import { ClusterStage } from '../harness/stage.ts';
import { type ClusterPod, podObject } from '../harness/test-pods.ts';

const NAMESPACE = 'new-pods';
const PODS = 50;
const TIMEOUT_MS = 180_000;

interface Ended {
  readonly metadata: { readonly name: string };
  readonly status: { readonly phase: string };
}

describe('new pods under deny', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  const pods = `/api/v1/namespaces/${NAMESPACE}/pods`;
  let server: ClusterPod;

  beforeAll(async () => {
    await stage.begin();
    [server] = await stage.start({ name: 'server', node: 'n1' });
    await api.putPolicy(NAMESPACE, 'deny-egress', { podSelector: { matchLabels: { part: 'new' } }, policyTypes: ['Egress'] });
    await untilInForce(cluster, `${NAMESPACE}/deny-egress`);
  });

  afterAll(() => stage.end());

  /** Those that got through, by the server's own count. */
  async function startMany(): Promise<{ readonly through: number; readonly connected: number }> {
    const image = await agnhostName(cluster.bin);
    const args = ['connect', `${server.v4}:${TCP_PORT}`, '--timeout=2s'];
    for (let index = 0; index < PODS; index += 1) {
      const pod = podObject({ name: `new-${index}`, node: 'n1', labels: { part: 'new' } }, image, args) as { spec: object };
      await api.ask({ method: 'POST', path: pods, body: { ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } } });
    }
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const { items } = (await api.ask({ method: 'GET', path: `${pods}?labelSelector=part%3Dnew` })).body as { items: readonly Ended[] };
      const connected = items.filter(({ status }) => status.phase === 'Succeeded').length;
      const refused = items.filter(({ status }) => status.phase === 'Failed').length;
      if (connected + refused === PODS) {
        const heard = await server.traffic.ask({ op: 'heard' });
        await api.ask({ method: 'DELETE', path: `${pods}?labelSelector=part%3Dnew` });
        return { through: Object.values(heard).reduce((sum, count) => sum + count, 0), connected };
      }
      if (performance.now() > deadline) throw new Error(`${PODS - connected - refused} pods have not ended`);
      await sleep(250);
    }
  }

  it(
    'are told of',
    async () => {
      const { through, connected } = await startMany();
      console.log(`of ${PODS} pods that connect as their first instruction ${connected} got through (${through} connections)`);
      expect(connected).toBe(through);
    },
    TIMEOUT_MS * 2,
  );
});
