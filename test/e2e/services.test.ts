/** Services, out of a pod: judged by the backend pod and the pod's port, from the first packet on. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps, podObject } from './support/manifests.ts';
import {
  clusterIP,
  flowTo,
  four,
  fourWays,
  frontend,
  FRONTEND_KINDS,
  PROTOCOLS,
  serviceOfEveryKind,
  type Family,
} from './support/proxy-frontends.ts';
import type { Reply } from './support/proxy-talker.ts';
import {
  backendsOf,
  POD_PORTS,
  POD_TCP_PORT,
  POD_UDP_PORT,
  ProxyWorld,
  SERVICE_PORT,
  selecting,
  serviceOf,
  type TalkingPod,
} from './support/proxy-world.ts';
import type { Plugin } from './support/world.ts';

const PLUGINS: readonly Plugin[] = ['bridge', 'ptp'];

describe.each(PLUGINS)('Services, for %s pods', needsKernel, (plugin) => {
  let world: ProxyWorld;
  let agent: AgentProcess;
  let client: TalkingPod;
  let friend: TalkingPod;
  let foe: TalkingPod;

  beforeAll(async () => {
    world = new ProxyWorld({ plugin });
    [client, friend, foe] = await world.addPods('client', 'friend', 'foe');
    agent = await world.world.settledAgent();
  });

  afterEach(async () => {
    await world.clear();
    await agent.settle();
  });
  afterAll(() => world[Symbol.dispose]());

  /** The client may talk to the friend alone, and nobody may talk to it. */
  async function isolateClient(egress: readonly object[] = [{ to: apps('friend'), ports: POD_PORTS }]): Promise<void> {
    world.policy('client', { ...selecting('client'), policyTypes: ['Ingress', 'Egress'], egress });
    await agent.settle();
    for (const { arrivals } of [client, friend, foe]) arrivals.take();
  }

  /** By each kind of address. */
  function askEveryKind(pod: TalkingPod, awaited: Reply): Promise<string[][]> {
    return Promise.all(
      FRONTEND_KINDS.map((kind) =>
        fourWays((protocol, family) => pod.talker.ask(flowTo(frontend(kind, family, world), protocol), awaited)),
      ),
    );
  }

  /** What the client hears of the first backend, which is to answer, and of the second, which is not. */
  function askBoth(target: (family: Family) => ReturnType<typeof frontend>): Promise<[string[], string[]]> {
    return Promise.all([
      fourWays((protocol, family) => client.talker.ask(flowTo(target(family), protocol, 0), 'answer')),
      fourWays((protocol, family) => client.talker.ask(flowTo(target(family), protocol, 1), 'silence')),
    ]);
  }

  it.each(FRONTEND_KINDS)('by %s: of two backends only the allowed one is reached, and the other never sees a packet', async (kind) => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend, foe])));
    await isolateClient();
    const events = await agent.follow();
    expect(await askBoth((family) => frontend(kind, family, world))).toEqual([four('friend'), four('silent')]);
    expect(friend.arrivals.take()).toBeGreaterThanOrEqual(4);
    expect(foe.arrivals.take()).toBe(0);
    const denied = { verdict: 'deny', direction: 'egress', pod: 'shop/client', peer: 'shop/foe', policies: ['shop/client'] };
    for (const [protocol, port] of [
      ['TCP', POD_TCP_PORT],
      ['UDP', POD_UDP_PORT],
    ]) {
      expect(events).toContainEqual(expect.objectContaining({ ...denied, protocol, port }));
    }
    expect(events.filter(({ peer }) => peer !== 'shop/foe')).toEqual([]);
  });

  it('the pod’s port counts, not the Service’s', async () => {
    world.proxy.put(serviceOf(1, backendsOf(world, [friend])));
    const ask = (protocol: 'TCP' | 'UDP', awaited: Reply): Promise<string> =>
      client.talker.ask(flowTo({ host: clusterIP(1, 'v4'), port: SERVICE_PORT }, protocol), awaited);
    await isolateClient([{ to: apps('friend'), ports: [{ port: SERVICE_PORT }, { port: SERVICE_PORT, protocol: 'UDP' }] }]);
    expect([await ask('TCP', 'silence'), await ask('UDP', 'silence'), friend.arrivals.take()]).toEqual(['silent', 'silent', 0]);
    await isolateClient([{ to: apps('friend'), ports: [{ port: POD_TCP_PORT }, { port: SERVICE_PORT, protocol: 'UDP' }] }]);
    expect([await ask('TCP', 'answer'), await ask('UDP', 'silence')]).toEqual(['friend', 'silent']);
    await isolateClient([{ ports: [{ port: POD_UDP_PORT, protocol: 'UDP' }] }]);
    expect([await ask('TCP', 'silence'), await ask('UDP', 'answer')]).toEqual(['silent', 'friend']);
  });

  it('a named port is the backend pod’s', async () => {
    const ports = [{ name: 'web', containerPort: POD_TCP_PORT }];
    const object = podObject({ name: 'friend', node: world.world.nodeName, addresses: [friend.v4, friend.v6] }) as { spec: object };
    world.world.manifests.put('pod-friend.json', {
      ...object,
      spec: { ...object.spec, containers: [{ name: 'main', image: 'none', ports }] },
    });
    world.proxy.put(serviceOf(1, backendsOf(world, [friend, foe])));
    await isolateClient([{ ports: [{ port: 'web' }] }]);
    const target = { host: clusterIP(1, 'v6'), port: SERVICE_PORT };
    const answers = [
      await client.talker.ask(flowTo(target, 'TCP', 0), 'answer'),
      await client.talker.ask(flowTo(target, 'TCP', 1), 'silence'),
    ];
    expect(answers).toEqual(['friend', 'silent']);
    friend.tell();
  });

  it('a backend outside the cluster is judged by its address', async () => {
    const outside = (number: number): { address: string; node: string }[] =>
      [`198.51.100.${number}`, `2001:db8:98::${number}`].map((address) => ({ address, node: 'none' }));
    const backends = [...outside(2), ...outside(3)];
    const hosts = backends.map(({ address }) => address);
    await world.outside.talker.serve({ name: 'outside', tcp: [POD_TCP_PORT], udp: [POD_UDP_PORT], hosts });
    world.proxy.put(serviceOf(1, backends));
    await isolateClient([{ to: [{ ipBlock: { cidr: '198.51.100.2/32' } }, { ipBlock: { cidr: '2001:db8:98::2/128' } }] }]);
    const answers = await askBoth((family) => ({ host: clusterIP(1, family), port: SERVICE_PORT }));
    expect(answers).toEqual([four('outside'), four('silent')]);
  });

  it('replies reach a client that nobody may open to, also what the server says unasked', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend])));
    await isolateClient();
    expect(await friend.talker.ask(flowTo({ host: client.v4, port: POD_TCP_PORT }, 'TCP'), 'silence')).toBe('silent');
    for (const protocol of PROTOCOLS) {
      for (const kind of FRONTEND_KINDS) {
        const flow = await client.talker.open(flowTo(frontend(kind, 'v6', world), protocol), 'answer');
        await friend.talker.push();
        expect([flow.first, await flow.pushed(true), await flow.say('answer')], `${kind} ${protocol}`).toEqual(['friend', true, 'friend']);
        await flow.close();
      }
    }
  });

  it('ICMP errors about an allowed flow reach a client that nobody may open to', async () => {
    const ports = [
      { protocol: 'UDP' as const, port: 81, targetPort: 9 },
      { protocol: 'TCP' as const, port: 81, targetPort: 9 },
    ];
    world.proxy.put(serviceOf(1, backendsOf(world, [friend]), { ports }));
    await isolateClient([{ to: apps('friend') }]);
    const answers = await fourWays((protocol, family) =>
      client.talker.ask(flowTo({ host: clusterIP(1, family), port: 81 }, protocol), 'answer'),
    );
    expect(answers).toEqual(four('refused'));
  });

  it('without endpoints are left to the proxy, which refuses', async () => {
    world.proxy.put(serviceOfEveryKind([]));
    await isolateClient();
    expect(await askEveryKind(client, 'answer')).toEqual(FRONTEND_KINDS.map(() => four('refused')));
  });

  it('a backend of which the agent has not heard as such is judged as the pod that it is', async () => {
    world.proxy.tell(serviceOf(1, backendsOf(world, [friend])));
    world.proxy.rewrite(serviceOf(1, backendsOf(world, [friend, foe])));
    await isolateClient();
    const target = { host: clusterIP(1, 'v4'), port: SERVICE_PORT };
    const answers = [
      await client.talker.ask(flowTo(target, 'TCP', 0), 'answer'),
      await client.talker.ask(flowTo(target, 'TCP', 1), 'silence'),
    ];
    expect(answers).toEqual(['friend', 'silent']);
    world.proxy.tell(serviceOf(1, backendsOf(world, [foe])));
    await agent.settle();
    expect(await client.talker.ask(flowTo(target, 'UDP', 0), 'answer')).toBe('friend');
    expect(foe.arrivals.take()).toBe(0);
  });

  it.each([
    ['terminating', { ready: false, serving: true, terminating: true }],
    ['unready', { ready: false }],
  ])('%s endpoints that the proxy still uses are judged like any pod', async (_what, conditions) => {
    world.proxy.tell(serviceOf(1, backendsOf(world, [friend, foe], conditions)));
    world.proxy.rewrite(serviceOf(1, backendsOf(world, [friend, foe])));
    await isolateClient();
    const answers = await askBoth((family) => ({ host: clusterIP(1, family), port: SERVICE_PORT }));
    expect([...answers, foe.arrivals.take()]).toEqual([four('friend'), four('silent'), 0]);
  });

  it('a pod reaches itself through its Service, whatever isolates it', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [client])));
    await isolateClient([]);
    expect(await askEveryKind(client, 'answer')).toEqual(FRONTEND_KINDS.map(() => four('client')));
    expect(await foe.talker.ask(flowTo(frontend('NodePort', 'v4', world), 'TCP'), 'silence')).toBe('silent');
  });

  it('leave pods alone that no policy selects', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend, foe])));
    await isolateClient([]);
    for (const protocol of PROTOCOLS) {
      for (const kind of FRONTEND_KINDS) {
        const target = frontend(kind, 'v6', world);
        expect(await foe.talker.ask(flowTo(target, protocol, 0), 'answer')).toBe('friend');
        expect(await foe.talker.ask(flowTo(target, protocol, 1), 'answer')).toBe('foe');
      }
    }
  });

  it('a backend that is isolated judges the pod that asks, also where the node has masqueraded it', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend])));
    world.policy('friend', { ...selecting('friend'), ingress: [{ from: apps('client') }] });
    await agent.settle();
    expect(await askEveryKind(client, 'answer')).toEqual(FRONTEND_KINDS.map(() => four('friend')));
    friend.arrivals.take();
    expect(await askEveryKind(foe, 'silence')).toEqual(FRONTEND_KINDS.map(() => four('silent')));
    expect(friend.arrivals.take()).toBe(0);
  });
});
