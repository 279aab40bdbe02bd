/** Enforcement that is turned off and on again under traffic: nothing is dropped meanwhile, and afterwards only what policy denies. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { askAgent, type AgentProcess } from './support/agent-process.ts';
import { apps, nodeObject } from './support/manifests.ts';
import { Streams } from './support/streams.ts';
import { TCP_PORT, World, type WorldOptions, type WorldPod } from './support/world.ts';

const NODES: readonly (WorldOptions & { readonly title: string })[] = [
  { title: 'a bridge', plugin: 'bridge', bridgeNetfilter: false },
  { title: 'routes and tracked connections', plugin: 'ptp', tracked: true },
];

describe.each(NODES)('break-glass on a node with $title', needsKernel, (options) => {
  let world: World;
  let agent: AgentProcess;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;

  beforeAll(async () => {
    world = new World(options);
    [web, friend, foe] = await world.addPods('web', 'friend', 'foe');
    world.policy('web', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: apps('friend') }],
      egress: [{ to: apps('friend') }],
    });
    agent = await world.settledAgent();
  });

  beforeEach(async () => {
    await annotate();
    expect(await foeConnects()).toBe(false);
  });

  afterAll(() => {
    world[Symbol.dispose]();
  });

  async function annotate(word?: string): Promise<void> {
    const annotations = word === undefined ? {} : { 'postern.dev/enforcement': word };
    world.manifests.put('node.json', nodeObject(world.nodeName, [], annotations));
    await agent.settle();
  }

  const foeConnects = (): Promise<boolean> => foe.traffic.connects(web.v4, TCP_PORT);

  it('lets everyone in while it lasts; then what policy allows has lost no packet, and what it denies is cut', async () => {
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.allow(web, friend)]);
    await streams.begin();
    await annotate('off');
    const { enforcement, policies, healthy } = await agent.status();
    expect(enforcement).toMatchObject({ on: false, by: 'annotation', since: expect.any(String) });
    expect(policies).toMatchObject([{ policy: 'shop/web', selects: 1, inForceSince: null }]);
    expect(healthy).toBe(true);
    expect(await foeConnects()).toBe(true);
    await Promise.all([streams.doom(foe, web), streams.doom(web, foe)]);
    await streams.begin();
    await annotate();
    streams.cut();
    expect(await foeConnects()).toBe(false);
    await sleep(500);
    await streams.expectUntouched();
    expect((await agent.status()).policies).toMatchObject([{ policy: 'shop/web', inForceSince: expect.any(String) }]);
  });

  it('leaves the programs where they are, and nothing that differs from what is wanted', async () => {
    await annotate('off');
    const { code, output } = askAgent(world.place, 'agent', 'verify', '--json');
    const { compared } = JSON.parse(output) as { compared: readonly { what: string; count: number }[] };
    expect(code).toBe(0);
    expect(compared.find(({ what }) => what === 'hooks')?.count).toBeGreaterThanOrEqual(6);
  });

  it('outlasts the agent, whose successor cuts what was opened meanwhile', async () => {
    await annotate('off');
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.doom(foe, web)]);
    await streams.begin();
    await agent.kill();
    expect(await foeConnects()).toBe(true);
    agent = await world.settledAgent();
    expect(await foeConnects()).toBe(true);
    await annotate('on');
    streams.cut();
    await sleep(500);
    await streams.expectUntouched();
  });

  it('can be told to the agent alone, until it is taken back or the agent starts again', async () => {
    const off = askAgent(world.place, 'enforcement', 'off');
    expect(off.code).toBe(0);
    expect(off.output).toContain(`enforcement is off on ${world.nodeName}, as this agent was told`);
    expect(await foeConnects()).toBe(true);
    expect((await agent.status()).enforcement).toMatchObject({ on: false, by: 'local' });
    expect(askAgent(world.place, 'enforcement', 'auto')).toMatchObject({ code: 0, output: expect.stringContaining('enforcement is on') });
    expect(await foeConnects()).toBe(false);
    askAgent(world.place, 'enforcement', 'off');
    await agent.kill();
    agent = await world.settledAgent();
    expect(await foeConnects()).toBe(false);
  });
});

describe('an excluded namespace', needsKernel, () => {
  it('is not isolated by its policies, which the status lists', async () => {
    using world = new World();
    const [web, foe] = await world.addPods('web', 'foe');
    world.policy('web', { podSelector: {}, ingress: [] });
    const agent = await world.settledAgent('--exclude-namespace', 'bank', '--exclude-namespace', 'shop');
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    expect(await agent.status()).toMatchObject({
      excludedNamespaces: ['bank', 'shop'],
      policies: [{ policy: 'shop/web', excluded: true, inForceSince: null }],
    });
  });
});
