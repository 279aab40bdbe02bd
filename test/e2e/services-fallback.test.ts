/** Where the kernel has no netfilter programs: a frontend is allowed only where every endpoint is, else it is dropped with a reason of its own. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps } from './support/manifests.ts';
import { listNetfilterLinks } from './support/proxy-hooks.ts';
import { flowTo, four, fourWays, frontend, FRONTEND_KINDS, serviceOfEveryKind, type FrontendKind } from './support/proxy-frontends.ts';
import type { Reply } from './support/proxy-talker.ts';
import { backendsOf, POD_PORTS, ProxyWorld, selecting, type TalkingPod } from './support/proxy-world.ts';

describe('Services judged by all of their endpoints', needsKernel, () => {
  let world: ProxyWorld;
  let agent: AgentProcess;
  let client: TalkingPod;
  let friend: TalkingPod;
  let foe: TalkingPod;

  beforeAll(async () => {
    world = new ProxyWorld({ plugin: 'ptp' });
    [client, friend, foe] = await world.addPods('client', 'friend', 'foe');
    agent = await world.world.settledAgent('--services', 'endpoints');
  });

  afterEach(async () => {
    await world.clear();
    await agent.settle();
  });
  afterAll(() => world[Symbol.dispose]());

  async function allow(...names: readonly string[]): Promise<void> {
    world.policy('client', {
      ...selecting('client'),
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ to: apps(...names), ports: POD_PORTS }],
    });
    await agent.settle();
    for (const { arrivals } of [friend, foe]) arrivals.take();
  }

  function answersAt(kind: FrontendKind, backend: number, awaited: Reply): Promise<string[]> {
    return fourWays((protocol, family) => client.talker.ask(flowTo(frontend(kind, family, world), protocol, backend), awaited));
  }

  it('stand without a netfilter program', async () => {
    await allow('friend');
    expect(listNetfilterLinks(world.world)).toEqual([]);
  });

  it.each(FRONTEND_KINDS)('are allowed by %s where each is allowed', async (kind) => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend, foe])));
    await allow('friend', 'foe');
    expect([await answersAt(kind, 0, 'answer'), await answersAt(kind, 1, 'answer')]).toEqual([four('friend'), four('foe')]);
  });

  it.each(FRONTEND_KINDS)('are dropped by %s where one is not, whichever the proxy would choose', async (kind) => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend, foe])));
    await allow('friend');
    const events = await agent.follow();
    expect(await Promise.all([answersAt(kind, 0, 'silence'), answersAt(kind, 1, 'silence')])).toEqual([four('silent'), four('silent')]);
    expect([friend.arrivals.take(), foe.arrivals.take()]).toEqual([0, 0]);
    expect(new Set(events.map(({ reason }) => reason))).toEqual(new Set(['FRONTEND']));
  });

  it('follow the endpoints, also those that only drain', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend])));
    await allow('friend');
    expect(await answersAt('ClusterIP', 0, 'answer')).toEqual(four('friend'));
    const draining = backendsOf(world, [foe], { ready: false, serving: true, terminating: true });
    world.proxy.put(serviceOfEveryKind([...backendsOf(world, [friend]), ...draining]));
    await agent.settle();
    expect(await answersAt('ClusterIP', 0, 'silence')).toEqual(four('silent'));
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend])));
    await agent.settle();
    expect(await answersAt('ClusterIP', 0, 'answer')).toEqual(four('friend'));
  });

  it('leave pods alone that no policy selects, and what goes to a pod itself', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend, foe])));
    await allow('friend');
    expect(await foe.talker.ask(flowTo(frontend('ClusterIP', 'v4', world), 'TCP', 0), 'answer')).toBe('friend');
    expect(await client.talker.ask(flowTo({ host: friend.v6, port: POD_PORTS[0].port }, 'TCP'), 'answer')).toBe('friend');
    expect(await client.talker.ask(flowTo({ host: foe.v6, port: POD_PORTS[0].port }, 'TCP'), 'silence')).toBe('silent');
  });
});
