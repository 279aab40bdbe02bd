/** A hostile namespace beside quiet neighbours: they lose no packet, their edits come through, and what does not fit is isolated and told, the same after a restart. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileManifests, type Excess } from '../support/builders/hostile.ts';
import { podManifest, type Manifest } from '../support/builders/manifests.ts';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { waitFor } from './support/eventually.ts';
import { apps } from './support/manifests.ts';
import { Streams } from './support/streams.ts';
import { TCP_PORT, World, type WorldPod } from './support/world.ts';

const SETS: readonly Excess[] = ['policies', 'cidrs', 'ports', 'port unions', 'split pods'];
const MOST_MEMORY_MIB = 600;
/** For a neighbour's edit, on a machine that does other things too. */
const PROMPT_MS = 2000;

const isPolicy = (manifest: Manifest): boolean => manifest['kind'] === 'NetworkPolicy';

describe('a hostile namespace', needsKernel, () => {
  let world: World;
  let agent: AgentProcess;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let late: WorldPod;
  let x: WorldPod;

  beforeAll(async () => {
    world = new World();
    [web, friend, foe, late] = await world.addPods('web', 'friend', 'foe', 'late');
    x = await world.addPod('x', { quiet: true });
    x.tell({ namespace: 'hostile' });
    letIn();
    agent = await world.settledAgent();
  });

  afterAll(() => {
    world[Symbol.dispose]();
  });

  function letIn(...more: readonly string[]): void {
    world.policy('web', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: apps('friend', ...more) }],
    });
  }

  function put(excess: Excess, manifests: readonly Manifest[]): void {
    const file = excess.replaceAll(' ', '-');
    const pods = manifests.filter((manifest) => !isPolicy(manifest));
    if (pods.length > 0) world.manifests.put(`hostile-pods-${file}.json`, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }));
    const items = manifests.filter(isPolicy);
    world.manifests.put(`hostile-${file}.json`, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  }

  /** Until the neighbour's edit is seen in packets. */
  async function editOf(act: () => void, reaches: boolean): Promise<number> {
    const start = performance.now();
    act();
    const connects = (): Promise<boolean> => late.traffic.ask({ op: 'connect', host: web.v4, port: TCP_PORT, timeoutMs: 50 });
    await waitFor(async () => (await connects()) === reaches, 10_000);
    return performance.now() - start;
  }

  async function neighbours(): Promise<Streams> {
    const streams = new Streams();
    await streams.allow(friend, web);
    await streams.deny(foe, web);
    await streams.begin();
    return streams;
  }

  it('is isolated where it does not fit, and its neighbours notice nothing', async () => {
    const streams = await neighbours();
    for (const excess of SETS) put(excess, hostileManifests(excess, { createdAt: 2_000_000 + SETS.indexOf(excess) * 1_000_000 }));
    await agent.settle();
    const { refused, leftOut, policies } = await agent.status();
    expect(refused.every((key) => key.startsWith('hostile/'))).toBe(true);
    expect(refused).toContain('hostile/cidrs-0000');
    expect(refused).toContain('hostile/ports-0000');
    expect(refused.filter((key) => key.startsWith('hostile/policies-'))).toHaveLength(500 - 256);
    expect(leftOut).toBe(0);
    const told = new Set(
      policies.filter(({ problems }) => problems.some((text) => text.includes('E_POLICY_BUDGET'))).map(({ policy }) => policy),
    );
    expect(told).toEqual(new Set(refused));
    expect(agent.log).toContain('E_POLICY_BUDGET');
    expect(await friend.traffic.connects(x.v4, TCP_PORT)).toBe(false);
    await sleep(200);
    await streams.expectUntouched();
  });

  it('that is edited all the time neither delays its neighbours, nor grows the agent', async () => {
    const streams = await neighbours();
    const [policies, cidrs, split] = (['policies', 'cidrs', 'split pods'] as const).map((excess) => hostileManifests(excess));
    let editing = true;
    const edits = (async (): Promise<number> => {
      for (let round = 0; ; round += 1) {
        if (!editing) return round;
        const port = 1000 + round;
        const edited = (manifests: readonly Manifest[] = []): Manifest[] =>
          manifests.map((manifest, index) =>
            index === round % 3 ? { ...manifest, spec: { podSelector: {}, ingress: [{ ports: [{ port }] }] } } : manifest,
          );
        put('policies', edited(policies));
        if (round % 5 === 0) put('cidrs', round % 2 === 0 ? (cidrs ?? []) : edited(cidrs));
        if (round % 5 === 2) put('split pods', edited((split ?? []).filter(isPolicy)));
        await sleep(50);
      }
    })();
    const took: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      took.push(await editOf(() => letIn('late'), true));
      took.push(await editOf(() => letIn(), false));
    }
    editing = false;
    expect(await edits).toBeGreaterThan(10);
    expect(Math.max(...took), took.map((ms) => ms.toFixed(0)).join(' ')).toBeLessThan(PROMPT_MS);
    expect(agent.memory.most).toBeLessThan(MOST_MEMORY_MIB);
    await streams.expectUntouched();
  });

  it('is refused the same after a restart', async () => {
    for (const excess of SETS) put(excess, hostileManifests(excess, { createdAt: 2_000_000 + SETS.indexOf(excess) * 1_000_000 }));
    await agent.settle();
    const before = (await agent.status()).refused;
    const streams = await neighbours();
    await agent.kill();
    agent = await world.settledAgent();
    expect((await agent.status()).refused.toSorted()).toEqual(before.toSorted());
    expect(agent.memory.most).toBeLessThan(MOST_MEMORY_MIB);
    await streams.expectUntouched();
  });

  it('whose pods change their labels every few milliseconds neither touches its neighbours nor stops their edits', async () => {
    const streams = await neighbours();
    let flapping = true;
    const flaps = (async (): Promise<number> => {
      for (let round = 0; ; round += 1) {
        if (!flapping) return round;
        const labels = { n: String(round % 7), bit0: String(round % 2) };
        x.tell({ namespace: round % 3 === 0 ? 'gone' : 'hostile', labels });
        late.tell({ labels: { app: round % 2 === 0 ? 'late' : 'friend' } });
        await sleep(10);
      }
    })();
    await sleep(1500);
    flapping = false;
    expect(await flaps).toBeGreaterThan(20);
    late.tell();
    x.tell({ namespace: 'hostile' });
    await agent.settle();
    expect(agent.running).toBe(true);
    expect([await late.traffic.connects(web.v4, TCP_PORT), await friend.traffic.connects(web.v6, TCP_PORT)]).toEqual([false, true]);
    await streams.expectUntouched();
  });

  it('whose manifests are huge is read in bounded memory, or not at all, while what is in force stays', async () => {
    const streams = await neighbours();
    const pods = Array.from({ length: 30_000 }, (_, index) =>
      podManifest(`hostile/many-${index}`, {
        node: 'node-2',
        addresses: [`10.67.${index >> 8}.${index & 255}`],
        labels: { n: String(index) },
      }),
    );
    world.manifests.put('hostile-many.json', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: pods }));
    world.manifests.put('hostile-words.yaml', 'x'.repeat(50 * 2 ** 20));
    await agent.settle();
    expect((await agent.status()).healthy).toBe(false);
    world.manifests.remove('hostile-words.yaml');
    world.manifests.remove('hostile-many.json');
    await agent.settle();
    expect((await agent.status()).healthy).toBe(true);
    expect(await editOf(() => letIn('late'), true)).toBeLessThan(PROMPT_MS);
    expect(agent.memory.most).toBeLessThan(MOST_MEMORY_MIB);
    await streams.expectUntouched();
  });
});
