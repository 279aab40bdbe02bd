/** How long a policy takes from the API server's answer to the packets, by connections opened each 20 ms. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OTHER_PORT, TCP_PORT } from '../../e2e/support/world.ts';
import type { StreamReport } from '../../e2e/support/traffic-protocol.ts';
import { ClusterStage } from '../harness/stage.ts';
import type { ClusterPod } from '../harness/test-pods.ts';

const NAMESPACE = 'latency';
const ROUNDS = 10;
/** Between an edit and the next; each round's is a little longer, so that edits fall anywhere between two connections. */
const PAUSE_MS = 400;
const DENIED_MS = 150;
/** Connections that begin in this time after the answer may still see the state before it. Two of them are as far apart as 20 ms. */
const GOAL_MS = 40;
const DENY_ALL = { podSelector: { matchLabels: { app: 'server' } }, policyTypes: ['Ingress'] };

interface Edit {
  readonly kind: 'applied' | 'lifted';
  readonly sentAt: number;
  readonly answeredAt: number;
}

describe('a policy', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api } = stage;
  let server: ClusterPod;
  let near: ClusterPod;
  let far: ClusterPod;

  beforeAll(async () => {
    await stage.begin();
    [server, near, far] = await stage.start({ name: 'server', node: 'n1' }, { name: 'near', node: 'n1' }, { name: 'far', node: 'n2' });
  });

  afterAll(() => stage.end());

  it('is in force, and is lifted, within milliseconds of the answer, for clients of its node and of others', async () => {
    const clients = { 'same node': near, 'across nodes': far };
    for (const client of Object.values(clients)) await client.traffic.start('c', 'connections', server.v4, TCP_PORT, DENIED_MS);
    await sleep(PAUSE_MS);
    const edits: Edit[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      edits.push({ ...(await api.putPolicy(NAMESPACE, 'deny', DENY_ALL)), kind: 'applied' });
      await sleep(PAUSE_MS + 7 * round);
      edits.push({ ...(await api.deletePolicy(NAMESPACE, 'deny')), kind: 'lifted' });
      await sleep(PAUSE_MS + 7 * round);
    }
    for (const [where, client] of Object.entries(clients)) {
      const report = await client.traffic.stop('c');
      for (const kind of ['applied', 'lifted'] as const) {
        const delays = edits.flatMap((edit, index) => (edit.kind === kind ? [delayOf(report, edit, edits[index + 1])] : []));
        tell(`policy ${kind}, ${where}`, delays);
        expect(median(delays)).toBeLessThanOrEqual(GOAL_MS);
      }
    }
  });

  it('is in force as soon when edits follow each other within 100 ms', async () => {
    await near.traffic.start('c', 'connections', server.v4, TCP_PORT, DENIED_MS);
    await sleep(PAUSE_MS);
    const edits: Edit[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      edits.push({ ...(await api.putPolicy(NAMESPACE, 'deny', DENY_ALL)), kind: 'applied' });
      await sleep(60 + 3 * round);
      edits.push({ ...(await api.deletePolicy(NAMESPACE, 'deny')), kind: 'lifted' });
      await sleep(60 + 3 * round);
    }
    const report = await near.traffic.stop('c');
    const delays = edits.map((edit, index) => delayOf(report, edit, edits[index + 1]));
    tell('edits 60-90 ms apart, same node', delays);
    expect(median(delays)).toBeLessThanOrEqual(GOAL_MS);
  });

  it('cuts an open flow', async () => {
    const delays: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await far.traffic.ask({ op: 'start', name: 'h', stream: 'held', host: server.v4, port: OTHER_PORT, everyMs: 5, timeoutMs: PAUSE_MS });
      await sleep(PAUSE_MS + 7 * round);
      const { answeredAt } = await api.putPolicy(NAMESPACE, 'deny', DENY_ALL);
      await sleep(PAUSE_MS);
      const { lastHeardAt = 0, sent, answered } = await far.traffic.stop('h');
      expect(answered).toBeLessThan(sent);
      delays.push(Math.max(0, lastHeardAt - answeredAt));
      await api.deletePolicy(NAMESPACE, 'deny');
      await sleep(PAUSE_MS);
    }
    tell('open flow cut, across nodes', delays);
    expect(median(delays)).toBeLessThanOrEqual(GOAL_MS);
  });
});

/** From the answer to the last connection that still went as before; 0 where none did. The next edit may be in force before it is answered. */
function delayOf({ timeline = [] }: StreamReport, { kind, answeredAt }: Edit, next: Edit | undefined): number {
  const until = next?.sentAt ?? Infinity;
  const after = timeline.filter(([startedAt]) => startedAt >= answeredAt && startedAt < until);
  const last = after.findLastIndex(([, answered]) => answered !== (kind === 'lifted'));
  // It was right from the one after that on; that one's time bounds the delay from above.
  return last < 0 ? 0 : (after[last + 1]?.[0] ?? until) - answeredAt;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function tell(what: string, delays: readonly number[]): void {
  console.log(`${what}: median ${median(delays).toFixed(0)} ms, most ${Math.max(...delays).toFixed(0)} ms (${delays.length} times)`);
}
