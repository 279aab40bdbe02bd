/** Starts: under open flows, beside another agent, over what a crash or somebody else has left. */

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { needsKernel } from '../support/requires.ts';
import { uninstallAgent } from './support/agent-process.ts';
import { enterByIpNetns } from './support/enter.ts';
import { waitFor } from './support/eventually.ts';
import { listAttached } from './support/kernel-objects.ts';
import { apps } from './support/manifests.ts';
import { Streams } from './support/streams.ts';
import { TCP_PORT, UDP_PORT, World, type WorldPod } from './support/world.ts';

const FROM_FRIEND = { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('friend') }] };

describe('a start', needsKernel, () => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;

  beforeEach(async () => {
    world = new World({ plugin: 'bridge', bridgeNetfilter: false });
    [web, friend, foe] = await world.addPods('web', 'friend', 'foe');
    world.policy('web', FROM_FRIEND);
  });

  afterEach(() => {
    world[Symbol.dispose]();
  });

  async function expectEnforced(): Promise<void> {
    const reached = await Promise.all([
      friend.traffic.connects(web.v4, TCP_PORT),
      foe.traffic.connects(web.v4, TCP_PORT),
      foe.traffic.reachesByDatagram(web.v6, UDP_PORT),
    ]);
    expect(reached).toEqual([true, false, false]);
  }

  it('may be killed at any moment: the next one enforces', async () => {
    for (const moment of [100, 200, 300, 400, 450, 500, 550, 600, 700]) {
      const agent = world.startAgent();
      await sleep(moment);
      await agent.kill();
    }
    const last = await world.settledAgent();
    await expectEnforced();
    await last.kill();
    expect(world.uninstall().code).toBe(0);
    await waitFor(() => listAttached(world).attached.length === 0);
  });

  it('under a folder that another agent holds says so and ends; the other goes on', async () => {
    const first = await world.settledAgent();
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.deny(foe, web)]);
    await streams.begin();
    const second = world.startAgent('--socket', `${world.place.socket}.second`);
    expect(await second.ended).toBe(1);
    expect(second.log).toMatch(/another agent holds .*\/bpf.*E_AGENT_RUNNING/);
    expect(first.running).toBe(true);
    await first.settle();
    await streams.expectUntouched();
    await expectEnforced();
  });

  it('ends by a signal without a word of trouble, and leaves enforcement', async () => {
    const agent = await world.settledAgent();
    await agent.kill('SIGTERM');
    expect(await agent.ended).toBe(0);
    expect(agent.log).toMatch(/stays in force/);
    await expectEnforced();
  });

  it('by `ip netns exec`, whose mounts end with it, leaves enforcement all the same', async () => {
    const first = world.startAgentByIpNetns();
    await first.settle();
    await first.kill();
    await expectEnforced();
    const second = await world.settledAgent();
    expect((await second.status()).datapath.tookOverFlows).toBe(true);
    await second.kill();
    const third = world.startAgentByIpNetns();
    await third.settle();
    expect((await third.status()).datapath.tookOverFlows).toBe(true);
    await third.kill();
    expect(uninstallAgent(world.place, enterByIpNetns).code).toBe(0);
    await waitFor(() => listAttached(world).attached.length === 0);
    expect(existsSync(world.place.bpfRoot)).toBe(false);
  });

  it('goes over pins of interfaces that are gone, foreign files, and a conntrack table of another layout', async () => {
    const agent = await world.settledAgent();
    await agent.kill();
    const { bpfRoot } = world.place;
    const gone = world.hostSideOf(foe.netns);
    foe.destroy();
    world.manifests.remove('pod-foe.json');
    for (const folder of ['theirs', 'links/nonsense', 'links/0_in']) mkdirSync(join(bpfRoot, folder));
    const map = native.mapCreate({ type: 1, keySize: 8, valueSize: 8, maxEntries: 16, name: 'foreign' });
    native.pin(map, join(bpfRoot, 'links', '999999_in'));
    for (const pin of ['conntrack', 'foreign']) {
      if (pin === 'conntrack') world.node.run('rm', [join(bpfRoot, pin)]);
      native.pin(map, join(bpfRoot, pin));
    }
    native.close(map);
    foe = await world.addPod('foe');
    const next = await world.settledAgent();
    expect((await next.status()).datapath.tookOverFlows).toBe(false);
    await expectEnforced();
    expect(readdirSync(join(bpfRoot, 'links')).filter((name) => name.startsWith(`${gone}_`))).toEqual([]);
    expect(readdirSync(bpfRoot)).toEqual(expect.arrayContaining(['foreign', 'theirs']));
    await next.kill();
    const third = await world.settledAgent();
    expect((await third.status()).datapath.tookOverFlows).toBe(true);
  });
});

describe('two nodes on one machine', needsKernel, () => {
  it('have an agent each, that knows nothing of the other', async () => {
    using left = new World({ index: 1 });
    using right = new World({ index: 2 });
    const pods = await Promise.all([left, right].flatMap((world) => [world.addPod('web'), world.addPod('foe')]));
    for (const world of [left, right]) world.policy('web', FROM_FRIEND);
    const agents = await Promise.all([left.settledAgent(), right.settledAgent()]);
    const [web1, foe1, web2, foe2] = pods as [WorldPod, WorldPod, WorldPod, WorldPod];
    expect(await foe1.traffic.connects(web1.v4, TCP_PORT)).toBe(false);
    expect(await foe2.traffic.connects(web2.v4, TCP_PORT)).toBe(false);
    await agents[0].kill();
    expect(left.uninstall().code).toBe(0);
    // The kernel takes a program off a little after its last pin is gone.
    await waitFor(() => foe1.traffic.connects(web1.v4, TCP_PORT));
    expect(await foe2.traffic.connects(web2.v4, TCP_PORT)).toBe(false);
    await agents[1].settle();
  });
});
