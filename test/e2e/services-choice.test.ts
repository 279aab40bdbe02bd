/** Services whose proxy does not choose freely: own node only, one backend for each client, an address that has another owner now. The chosen one is judged. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps, podObject } from './support/manifests.ts';
import { Outside } from './support/proxy-outside.ts';
import { clusterIP, flowTo, four, fourWays } from './support/proxy-frontends.ts';
import type { Reply } from './support/proxy-talker.ts';
import { backendsOf, ProxyWorld, SERVICE_PORT, selecting, serviceOf, type TalkingPod } from './support/proxy-world.ts';

/** The answers over both protocols and families. `backend`: that the client's port would choose. */
function askAll(client: TalkingPod, number: number, backend: number, awaited: Reply): Promise<string[]> {
  return fourWays((protocol, family) =>
    client.talker.ask(flowTo({ host: clusterIP(number, family), port: SERVICE_PORT }, protocol, backend), awaited),
  );
}

describe('with internalTrafficPolicy Local', needsKernel, () => {
  let outside: Outside;
  let near: ProxyWorld;
  let far: ProxyWorld;
  let agents: AgentProcess[];
  let nearClient: TalkingPod;
  let nearServer: TalkingPod;
  let farClient: TalkingPod;
  let farServer: TalkingPod;

  beforeAll(async () => {
    outside = new Outside();
    near = new ProxyWorld({ plugin: 'bridge', index: 1, outside });
    far = new ProxyWorld({ plugin: 'ptp', index: 2, outside });
    [[nearClient, nearServer], [farClient, farServer]] = await Promise.all([
      near.addPods('near-client', 'near-server'),
      far.addPods('far-client', 'far-server'),
    ]);
    near.tellOf(far);
    far.tellOf(near);
    agents = await Promise.all([near.world.settledAgent(), far.world.settledAgent()]);
  });
  afterAll(() => {
    near[Symbol.dispose]();
    far[Symbol.dispose]();
    outside[Symbol.dispose]();
  });

  /** Both clients may go to these apps alone; returns what each of them gets. An answer is awaited where a client's own backend is among them. */
  async function askWith(...allowed: readonly string[]): Promise<readonly (readonly string[])[]> {
    const awaited = (server: TalkingPod): Reply => (allowed.includes(server.name) ? 'answer' : 'silence');
    for (const world of [near, far]) {
      for (const app of ['near-client', 'far-client']) {
        world.policy(app, { ...selecting(app), policyTypes: ['Egress'], egress: [{ to: apps(...allowed) }] });
      }
    }
    await Promise.all(agents.map((agent) => agent.settle()));
    for (const { arrivals } of [nearServer, farServer]) arrivals.take();
    return Promise.all(
      [0, 1].flatMap((backend) => [askAll(nearClient, 1, backend, awaited(nearServer)), askAll(farClient, 1, backend, awaited(farServer))]),
    );
  }

  it('a client is judged by the backend of its own node, whatever the other node’s may be', async () => {
    const service = serviceOf(1, [...backendsOf(near, [nearServer]), ...backendsOf(far, [farServer])], { internalTrafficPolicy: 'Local' });
    for (const world of [near, far]) world.proxy.put(service);
    const [here, there] = [four('near-server'), four('far-server')];
    expect(await askWith('near-server', 'far-server')).toEqual([here, there, here, there]);
    expect(await askWith('near-server')).toEqual([here, four('silent'), here, four('silent')]);
    expect(farServer.arrivals.take()).toBe(0);
    expect(await askWith('far-server')).toEqual([four('silent'), there, four('silent'), there]);
    expect(nearServer.arrivals.take()).toBe(0);
    // A node without a backend: the proxy drops, and an allowed backend elsewhere changes nothing.
    for (const world of [near, far]) {
      world.proxy.put(serviceOf(1, backendsOf(far, [farServer]), { internalTrafficPolicy: 'Local' }));
    }
    expect(await askWith('far-server')).toEqual([four('silent'), there, four('silent'), there]);
  });
});

describe('on one node', needsKernel, () => {
  let world: ProxyWorld;
  let agent: AgentProcess;
  let client: TalkingPod;
  let other: TalkingPod;
  let friend: TalkingPod;
  let foe: TalkingPod;

  beforeAll(async () => {
    world = new ProxyWorld({ plugin: 'bridge' });
    [client, other, friend, foe] = await world.addPods('client', 'other', 'friend', 'foe');
    agent = await world.world.settledAgent();
  });
  afterEach(async () => {
    await world.clear();
    await agent.settle();
  });
  afterAll(() => world[Symbol.dispose]());

  async function allow(...allowed: readonly string[]): Promise<void> {
    for (const app of ['client', 'other']) {
      world.policy(app, { ...selecting(app), policyTypes: ['Egress'], egress: [{ to: apps(...allowed) }] });
    }
    await agent.settle();
    for (const { arrivals } of [friend, foe]) arrivals.take();
  }

  it('with session affinity a client is judged by the backend that it keeps, and another client by its own', async () => {
    world.proxy.put(serviceOf(2, backendsOf(world, [friend, foe]), { sessionAffinity: 'ClientIP' }));
    await allow('friend', 'foe');
    // The first flow chooses; then the port has no say any more.
    expect([await askAll(client, 2, 0, 'answer'), await askAll(client, 2, 1, 'answer')]).toEqual([four('friend'), four('friend')]);
    expect([await askAll(other, 2, 1, 'answer'), await askAll(other, 2, 0, 'answer')]).toEqual([four('foe'), four('foe')]);
    await allow('friend');
    expect(await Promise.all([askAll(client, 2, 1, 'answer'), askAll(other, 2, 0, 'silence')])).toEqual([four('friend'), four('silent')]);
    expect(foe.arrivals.take()).toBe(0);
    await allow('foe');
    expect(await Promise.all([askAll(client, 2, 1, 'silence'), askAll(other, 2, 0, 'answer')])).toEqual([four('silent'), four('foe')]);
    expect(friend.arrivals.take()).toBe(0);
  });

  it('with session affinity a client whose first flow is denied keeps the denied backend, and gets it when it is allowed', async () => {
    world.proxy.put(serviceOf(3, backendsOf(world, [friend, foe]), { sessionAffinity: 'ClientIP' }));
    await allow('friend');
    expect([await askAll(client, 3, 1, 'silence'), await askAll(client, 3, 0, 'silence')]).toEqual([four('silent'), four('silent')]);
    await allow('foe');
    expect(await askAll(client, 3, 0, 'answer')).toEqual(four('foe'));
  });

  it('a backend whose pod has ended, and whose address another pod has got, is judged as that other pod', async () => {
    world.proxy.put(serviceOf(4, backendsOf(world, [friend, foe])));
    friend.tell({ uid: 'a', startTime: '2030-01-01T00:00:00Z' });
    await allow('friend');
    expect(await askAll(client, 4, 0, 'answer')).toEqual(four('friend'));
    const { manifests, nodeName } = world.world;
    manifests.put(
      'pod-heir.json',
      podObject({ name: 'heir', uid: 'b', node: nodeName, addresses: [friend.v4, friend.v6], startTime: '2030-01-02T00:00:00Z' }),
    );
    for (const phase of ['Succeeded', 'Failed'] as const) {
      friend.tell({ uid: 'a', startTime: '2030-01-01T00:00:00Z', phase });
      await allow('friend');
      expect([await askAll(client, 4, 0, 'silence'), friend.arrivals.take()], phase).toEqual([four('silent'), 0]);
      await allow('heir');
      // The process behind the address is still the one that calls itself friend.
      expect(await askAll(client, 4, 0, 'answer'), phase).toEqual(four('friend'));
    }
    manifests.remove('pod-friend.json');
    await agent.settle();
    expect(await askAll(client, 4, 0, 'answer')).toEqual(four('friend'));
    manifests.remove('pod-heir.json');
    friend.tell();
  });
});
