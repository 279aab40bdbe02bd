/** The agent as a container runs it: with few capabilities, as process 1, on hosts with and without a bpf file system. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { enterAsContainer, enterWith } from './support/enter.ts';
import { waitFor } from './support/eventually.ts';
import { isolateWeb, startStreams } from './support/isolated-web.ts';
import { findSurvivors, listAttached } from './support/kernel-objects.ts';
import { TCP_PORT, World, type WorldPod } from './support/world.ts';

/** Those of the DaemonSet's manifest. */
const CAPABILITIES = ['bpf', 'net_admin', 'net_broadcast', 'perfmon'];

describe('an agent in a container', needsKernel, () => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let other: WorldPod;

  beforeEach(async () => {
    world = new World();
    [web, friend, foe, other] = await world.addPods('web', 'friend', 'foe', 'other');
    isolateWeb(world);
  });

  afterEach(() => {
    world[Symbol.dispose]();
  });

  it('needs no SYS_ADMIN where a bpf file system is mounted: followed again and again without a lost packet, and wholly taken away', async () => {
    mkdirSync(world.place.bpfRoot, { recursive: true });
    execFileSync('mount', ['-t', 'bpf', 'bpf', world.place.bpfRoot]);
    try {
      const enter = enterWith(CAPABILITIES);
      let agent = await world.settledAgentIn(enter);
      const streams = await startStreams({ web, friend, foe, other });
      // More often than after_nat has places.
      for (let round = 0; round < 12; round += 1) {
        await agent.kill();
        agent = await world.settledAgentIn(enter);
        expect((await agent.status()).datapath.tookOverFlows).toBe(true);
      }
      await sleep(300);
      await streams.expectUntouched();
      // The last agent's two programs, and nothing of those before it.
      expect(readdirSync(join(world.place.bpfRoot, 'past'))).toHaveLength(2);
      const before = listAttached(world);
      await agent.kill();
      expect(world.uninstall().code).toBe(0);
      expect(await findSurvivors(before)).toEqual([]);
    } finally {
      execFileSync('umount', ['--lazy', world.place.bpfRoot]);
    }
  });

  it('leaves enforcement in force without a bpf file system, too, and one that has one takes over from it', async () => {
    const first = await world.settledAgentIn(enterAsContainer);
    expect((await first.status()).datapath).toMatchObject({ attach: 'tc', services: 'endpoints', lasting: false });
    await first.kill();
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    expect(await friend.traffic.connects(web.v6, TCP_PORT)).toBe(true);
    const second = await world.settledAgentIn(enterAsContainer);
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    await second.kill();

    const third = await world.settledAgent();
    expect((await third.status()).datapath).toMatchObject({ attach: 'tcx', lasting: true });
    expect(await foe.traffic.connects(web.v6, TCP_PORT)).toBe(false);
    expect(await friend.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    // Filters of the former would go on judging by what was.
    world.policy('web', { podSelector: { matchLabels: { app: 'nobody' } } });
    await third.settle();
    await waitFor(() => foe.traffic.connects(web.v4, TCP_PORT));
    expect(listAttached(world).attached.filter(({ linkId }) => linkId === 0)).toEqual([]);
  });
});
