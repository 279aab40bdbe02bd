/** What the other tests of Services stand on: rewriting and masquerade as kube-proxy does it, with no agent on the node. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { outsideAddresses } from './support/proxy-outside.ts';
import { FAMILIES, flowTo, four, fourWays, frontend, FRONTEND_KINDS, PROTOCOLS, serviceOfEveryKind } from './support/proxy-frontends.ts';
import { backendsOf, POD_TCP_PORT, ProxyWorld, serviceOf, type TalkingPod } from './support/proxy-world.ts';
import type { Plugin } from './support/world.ts';

const PLUGINS: readonly Plugin[] = ['bridge', 'ptp'];

describe.each(PLUGINS)('Services on a node of %s pods', needsKernel, (plugin) => {
  let world: ProxyWorld;
  let client: TalkingPod;
  let first: TalkingPod;
  let second: TalkingPod;

  beforeAll(async () => {
    world = new ProxyWorld({ plugin });
    [client, first, second] = await world.addPods('client', 'first', 'second');
  });

  afterEach(() => world.proxy.clear());
  afterAll(() => world[Symbol.dispose]());

  it.each(FRONTEND_KINDS)('are reached by their %s: the client’s port chooses the backend', async (kind) => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [first, second])));
    for (const protocol of PROTOCOLS) {
      for (const family of FAMILIES) {
        const target = frontend(kind, family, world);
        const answers = [
          await client.talker.ask(flowTo(target, protocol, 0), 'answer'),
          await client.talker.ask(flowTo(target, protocol, 1), 'answer'),
          await first.talker.ask(flowTo(target, protocol, 0), 'answer'),
          await world.outside.talker.ask(
            flowTo(kind === 'NodePort' ? target : { ...target, host: frontend('NodePort', family, world).host, port: 30080 }, protocol, 1),
            'answer',
          ),
        ];
        expect(answers, `${protocol} ${target.host}`).toEqual(['first', 'second', 'first', 'second']);
      }
    }
  });

  it('masquerade clients outside, unless they keep to the node', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [first])));
    const { v4, v6 } = outsideAddresses(2);
    for (const [from, family] of [
      [v4, 'v4'],
      [v6, 'v6'],
    ] as const) {
      const target = frontend('NodePort', family, world);
      for (const protocol of PROTOCOLS)
        expect(await world.outside.talker.ask({ ...flowTo(target, protocol), from }, 'answer')).toBe('first');
    }
    expect(Object.keys(await first.talker.visitors())).not.toEqual(expect.arrayContaining([v4]));
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [first]), { externalTrafficPolicy: 'Local' }));
    for (const [from, family] of [
      [v4, 'v4'],
      [v6, 'v6'],
    ] as const) {
      const target = frontend('NodePort', family, world);
      for (const protocol of PROTOCOLS)
        expect(await world.outside.talker.ask({ ...flowTo(target, protocol), from }, 'answer')).toBe('first');
    }
    expect(Object.keys(await first.talker.visitors())).toEqual(expect.arrayContaining([v4, v6]));
  });

  it('without endpoints refuse at once', async () => {
    world.proxy.put(serviceOfEveryKind([]));
    const answers = await Promise.all(
      FRONTEND_KINDS.map((kind) =>
        fourWays((protocol, family) => client.talker.ask(flowTo(frontend(kind, family, world), protocol), 'answer')),
      ),
    );
    expect(answers).toEqual(FRONTEND_KINDS.map(() => four('refused')));
  });

  it('use endpoints that serve while they terminate where no other is left', async () => {
    const draining = backendsOf(world, [second], { ready: false, serving: true, terminating: true });
    world.proxy.put(serviceOf(1, [...draining, ...backendsOf(world, [first])]));
    const target = frontend('ClusterIP', 'v4', world);
    expect([
      await client.talker.ask(flowTo(target, 'TCP', 0), 'answer'),
      await client.talker.ask(flowTo(target, 'TCP', 1), 'answer'),
    ]).toEqual(['first', 'first']);
    world.proxy.put(serviceOf(1, draining));
    expect(await client.talker.ask(flowTo(target, 'TCP'), 'answer')).toBe('second');
    world.proxy.put(serviceOf(1, backendsOf(world, [second], { ready: false })));
    expect(await client.talker.ask(flowTo(target, 'TCP'), 'answer')).toBe('refused');
  });

  it('keep the backend of a flow that is open, also where both sides speak unasked', async () => {
    world.proxy.put(serviceOf(1, backendsOf(world, [first])));
    for (const protocol of PROTOCOLS) {
      const flow = await client.talker.open(flowTo(frontend('ClusterIP', 'v6', world), protocol), 'answer');
      world.proxy.put(serviceOf(1, backendsOf(world, [second])));
      expect([flow.first, await flow.say('answer')]).toEqual(['first', 'first']);
      await first.talker.push();
      expect(await flow.pushed(true)).toBe(true);
      world.proxy.put(serviceOf(1, backendsOf(world, [first])));
    }
  });

  it('need no object where a port of the node is a container’s', async () => {
    world.proxy.openHostPorts({ protocol: 'TCP', port: 8000, addresses: [first.v4, first.v6], targetPort: POD_TCP_PORT });
    for (const family of FAMILIES) {
      const target = { host: world.address[family], port: 8000 };
      for (const talker of [client.talker, first.talker, world.outside.talker])
        expect(await talker.ask(flowTo(target, 'TCP'), 'answer')).toBe('first');
    }
  });

  it('arrive as packets that are counted', async () => {
    world.proxy.put(serviceOf(1, backendsOf(world, [first, second])));
    for (const { arrivals } of [client, first, second]) arrivals.take();
    await client.talker.ask(flowTo(frontend('ClusterIP', 'v4', world), 'UDP', 1), 'answer');
    expect([client, first, second].map(({ arrivals }) => arrivals.take())).toEqual([0, 0, 1]);
  });
});
