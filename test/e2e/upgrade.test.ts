/** Another build, and back, under traffic; and a build whose conntrack rows mean something else. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { waitFor } from './support/eventually.ts';
import { isolateWeb, startStreams } from './support/isolated-web.ts';
import { listAttached } from './support/kernel-objects.ts';
import { apps } from './support/manifests.ts';
import { OTHER_LAYOUT, OTHER_PROGRAMS, OtherBuild } from './support/other-build.ts';
import { Streams } from './support/streams.ts';
import { World, type WorldPod } from './support/world.ts';

/** Milliseconds after a start, up to about when it is done: an agent is killed at each. */
const MOMENTS = [80, 230, 350, 430, 510, 590, 670];

describe('an upgrade', needsKernel, () => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let other: WorldPod;
  let programs: OtherBuild;
  let layout: OtherBuild;

  beforeAll(async () => {
    programs = new OtherBuild(OTHER_PROGRAMS);
    layout = new OtherBuild(OTHER_LAYOUT);
    world = new World();
    [web, friend, foe, other] = await world.addPods('web', 'friend', 'foe', 'other');
    isolateWeb(world);
  });

  beforeEach(async () => {
    await (await world.settledAgent()).kill();
  });

  afterAll(() => {
    world[Symbol.dispose]();
    programs[Symbol.dispose]();
    layout[Symbol.dispose]();
  });

  function programIds(): number[] {
    return listAttached(world).attached.map(({ programId }) => programId);
  }

  it('to another build and back loses no allowed packet and lets no denied one through', async () => {
    const streams = await startStreams({ web, friend, foe, other });
    const first = programIds();
    const newer = await world.settledAgentOf(programs);
    expect((await newer.status()).datapath.tookOverFlows).toBe(true);
    const second = programIds();
    expect(second.filter((id) => first.includes(id))).toEqual([]);
    await newer.kill();
    const older = await world.settledAgent();
    expect((await older.status()).datapath.tookOverFlows).toBe(true);
    expect(programIds().filter((id) => second.includes(id))).toEqual([]);
    await sleep(200);
    await older.kill();
    await streams.expectUntouched();
  });

  it('that is killed at any moment, by either build, loses no allowed packet and lets no denied one through', async () => {
    const streams = await startStreams({ web, friend, foe, other });
    for (const [index, moment] of MOMENTS.entries()) {
      const agent = index % 2 === 0 ? world.startAgentOf(programs) : world.startAgent();
      await sleep(moment);
      await agent.kill();
    }
    const last = await world.settledAgent();
    await sleep(200);
    await last.kill();
    await streams.expectUntouched();
  });

  it('to another layout of conntrack keeps open connections by the take-over rules, and lets no denied packet through', async () => {
    const streams = new Streams();
    await Promise.all([streams.endure(friend, web), streams.endure(web, other), streams.deny(foe, web), streams.deny(web, foe)]);
    await streams.begin();
    const newer = await world.settledAgentOf(layout);
    expect((await newer.status()).datapath.tookOverFlows).toBe(false);
    await sleep(500);
    await newer.kill();
    await streams.expectUntouched();
  });

  describe('to another layout, killed before it has replaced anything,', () => {
    beforeEach(async () => {
      world.manifests.put('broken.json', '{');
      const newer = world.startAgentOf(layout);
      await waitFor(() => newer.log.includes("earlier agent's programs stay in force"), 20_000);
      await newer.kill();
      world.manifests.remove('broken.json');
    });

    it('leaves the flows to the earlier build', async () => {
      const streams = await startStreams({ web, friend, foe, other });
      const older = await world.settledAgent();
      expect((await older.status()).datapath.tookOverFlows).toBe(true);
      await older.kill();
      await streams.expectUntouched();
    });

    it('leaves the take-over window to the next that comes', async () => {
      const streams = await startStreams({ web, friend, foe, other }, ['talk']);
      await (await world.settledAgentOf(layout)).kill();
      await streams.expectUntouched();
    });
  });

  it('to another layout that is killed at any moment keeps open connections, and lets no denied packet through', async () => {
    const streams = await startStreams({ web, friend, foe, other }, ['talk']);
    for (const moment of MOMENTS) {
      const agent = world.startAgentOf(layout);
      await sleep(moment);
      await agent.kill();
    }
    await (await world.settledAgentOf(layout)).kill();
    await streams.expectUntouched();
  });

  it('over which a policy isolates an open pod keeps what it had open and is allowed, and cuts the rest', async () => {
    const streams = new Streams();
    await Promise.all([streams.allow(foe, other), streams.allow(other, friend), streams.doom(friend, other, ['talk'])]);
    await streams.begin();
    world.policy('other', { podSelector: { matchLabels: { app: 'other' } }, ingress: [{ from: apps('foe') }] });
    const next = await world.settledAgent();
    streams.cut();
    // Long enough for whoever hears nothing to say so.
    await sleep(300);
    await next.kill();
    world.manifests.remove('policy-other.json');
    await streams.expectUntouched();
  });
});
