/** Isolation that begins on pods with open flows: what the policy allows loses no packet, what it denies is cut, whoever opened it. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps } from './support/manifests.ts';
import { countTracked } from './support/node-conntrack.ts';
import { Streams } from './support/streams.ts';
import { World, type WorldOptions, type WorldPod } from './support/world.ts';

const WEB = { podSelector: { matchLabels: { app: 'web' } } };
const INGRESS = { ...WEB, policyTypes: ['Ingress'], ingress: [{ from: apps('friend') }] };
const EGRESS = { ...WEB, policyTypes: ['Egress'], egress: [{ to: apps('other') }] };
const BOTH = { ...INGRESS, ...EGRESS, policyTypes: ['Ingress', 'Egress'] };

const NODES: readonly (WorldOptions & { readonly title: string })[] = [
  { title: 'whose kernel tracks no connections', plugin: 'bridge', bridgeNetfilter: false },
  { title: 'whose kernel tracks connections', plugin: 'ptp', tracked: true },
];

describe.each(NODES)('on a node $title', needsKernel, (options) => {
  let world: World;
  let agent: AgentProcess;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let other: WorldPod;

  beforeAll(async () => {
    world = new World(options);
    [web, friend, foe, other] = await world.addPods('web', 'friend', 'foe', 'other');
  });

  afterEach(async () => {
    world.manifests.remove('policy-web.json');
    await agent.settle();
  });

  afterAll(() => {
    world[Symbol.dispose]();
  });

  async function isolate(spec: object): Promise<void> {
    world.policy('web', spec);
    await agent.settle();
  }

  it("an agent's first start keeps what the policy allows, and cuts the rest", async () => {
    world.policy('web', BOTH);
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.allow(web, other), streams.doom(foe, web), streams.doom(web, foe)]);
    await streams.begin();
    expect(countTracked(world.node) > 0).toBe(options.tracked === true);
    agent = await world.settledAgent();
    streams.cut();
    await sleep(500);
    await streams.expectUntouched();
  });

  it('isolation for ingress keeps the connections of allowed peers and those that the pod opened to anyone', async () => {
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.allow(web, other), streams.allow(web, foe), streams.doom(foe, web)]);
    await streams.begin();
    await isolate(INGRESS);
    streams.cut();
    await sleep(500);
    await streams.expectUntouched();
  });

  it('isolation for egress keeps the connections to allowed peers and those that anyone opened to the pod', async () => {
    const streams = new Streams();
    await Promise.all([streams.allow(web, other), streams.allow(friend, web), streams.allow(foe, web), streams.doom(web, foe)]);
    await streams.begin();
    await isolate(EGRESS);
    streams.cut();
    await sleep(500);
    await streams.expectUntouched();
  });

  it('isolation both ways keeps what either direction allows', async () => {
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.allow(web, other), streams.doom(foe, web), streams.doom(web, foe)]);
    await streams.begin();
    await isolate(BOTH);
    streams.cut();
    await sleep(500);
    await streams.expectUntouched();
  });
});
