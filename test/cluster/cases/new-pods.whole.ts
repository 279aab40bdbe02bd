/** Pods that try to connect as their first instruction, under policies that deny it: how many get through, and for how long. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilInForce } from '../harness/agents.ts';
import { EagerPods } from '../harness/eager-pods.ts';
import { ClusterStage } from '../harness/stage.ts';
import type { ClusterPod } from '../harness/test-pods.ts';

const NAMESPACE = 'new-pods';
const PODS = 50;
const TIMEOUT_MS = 360_000;

describe('new pods under deny', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  let server: ClusterPod;

  beforeAll(async () => {
    await stage.begin();
    [server] = await stage.start({ name: 'server', node: 'n1' });
    await api.putPolicy(NAMESPACE, 'deny-egress', { podSelector: { matchLabels: { part: 'new' } }, policyTypes: ['Egress'] });
    await untilInForce(cluster, `${NAMESPACE}/deny-egress`);
  });

  afterAll(() => stage.end());

  it(
    'are told of',
    async () => {
      const pods = new EagerPods(stage, server);
      await pods.order(PODS);
      const { connected, heard } = await pods.result();
      console.log(`of ${PODS} pods that connect as their first instruction ${connected} got through (${heard} connections)`);
      expect(connected).toBe(heard);
    },
    TIMEOUT_MS,
  );
});
