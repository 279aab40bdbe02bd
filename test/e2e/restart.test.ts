/** An agent that dies leaves enforcement as it was; the next one takes over without a lost packet. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { isolateWeb, startStreams } from './support/isolated-web.ts';
import { apps } from './support/manifests.ts';
import { TCP_PORT, UDP_PORT, World, type WorldPod } from './support/world.ts';

describe('an agent that dies', needsKernel, () => {
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

  it('leaves its pods as they were: allowed flows go on, also new ones, and denied ones stay denied', async () => {
    const agent = await world.settledAgent();
    const streams = await startStreams({ web, friend, foe, other });
    await agent.kill();
    await sleep(1000);
    await streams.expectUntouched();
    expect(await friend.traffic.connects(web.v6, TCP_PORT)).toBe(true);
    expect(await foe.traffic.reachesByDatagram(web.v4, UDP_PORT)).toBe(false);
  });

  it('is followed by another without a lost packet', async () => {
    const first = await world.settledAgent();
    const streams = await startStreams({ web, friend, foe, other });
    for (const agent of [first, undefined]) {
      await (agent ?? (await world.settledAgent())).kill();
      await sleep(200);
    }
    const last = await world.settledAgent();
    await sleep(300);
    await streams.expectUntouched();
    expect((await last.status()).datapath.tookOverFlows).toBe(true);
  });

  it('may be followed by one that attaches by cls_bpf, and that by one that attaches by tcx', async () => {
    await (await world.settledAgent()).kill();
    // The kernel halts an interface's queues to give it the qdisc, and may so lose a packet by itself.
    for (const pod of [web, friend, foe, other]) world.addClsact(pod.netns);
    const streams = await startStreams({ web, friend, foe, other });
    const second = await world.settledAgent('--attach', 'tc');
    expect((await second.status()).datapath).toMatchObject({ attach: 'tc', tookOverFlows: true });
    await sleep(300);
    await second.kill();
    const third = await world.settledAgent('--attach', 'tcx');
    expect((await third.status()).datapath).toMatchObject({ attach: 'tcx', tookOverFlows: true });
    await sleep(300);
    await streams.expectUntouched();
  });

  it('attaches each way alone, so that what an earlier one enforced is over', async () => {
    for (const way of ['tcx', 'tc', 'tcx']) {
      const agent = await world.settledAgent('--attach', way);
      world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('foe') }] });
      await agent.settle();
      expect(await foe.traffic.connects(web.v4, TCP_PORT), way).toBe(true);
      expect(await friend.traffic.connects(web.v4, TCP_PORT), way).toBe(false);
      world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('friend') }] });
      await agent.settle();
      expect(await foe.traffic.connects(web.v4, TCP_PORT), way).toBe(false);
      expect(await friend.traffic.connects(web.v4, TCP_PORT), way).toBe(true);
      await agent.kill();
    }
  });
});
