/** Host ports by the real portmap plugin: judged by the pod and the pod's port, whoever asks and from where. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps } from './support/manifests.ts';
import { mapPorts } from './support/port-map.ts';
import { flowTo, four, fourWays } from './support/proxy-frontends.ts';
import { Talker, type Reply } from './support/proxy-talker.ts';
import { POD_PORTS, POD_TCP_PORT, POD_UDP_PORT, ProxyWorld, selecting, type TalkingPod } from './support/proxy-world.ts';
import type { Plugin } from './support/world.ts';

const FRIEND_PORT = 31_080;
const FOE_PORT = 31_081;
const PLUGINS: readonly Plugin[] = ['bridge', 'ptp'];

describe.each(PLUGINS)('host ports of %s pods', needsKernel, (plugin) => {
  let world: ProxyWorld;
  let agent: AgentProcess;
  let client: TalkingPod;
  let friend: TalkingPod;
  let foe: TalkingPod;
  let node: Talker;

  beforeAll(async () => {
    world = new ProxyWorld({ plugin });
    [client, friend, foe] = await world.addPods('client', 'friend', 'foe');
    for (const [pod, hostPort] of [
      [friend, FRIEND_PORT],
      [foe, FOE_PORT],
    ] as const)
      mapPorts(world.world, pod, [
        { protocol: 'TCP', hostPort, containerPort: POD_TCP_PORT },
        { protocol: 'UDP', hostPort, containerPort: POD_UDP_PORT },
      ]);
    node = new Talker(world.world.node.path);
    agent = await world.world.settledAgent();
  });

  afterEach(async () => {
    await world.clear();
    await agent.settle();
  });
  afterAll(() => {
    node[Symbol.dispose]();
    world[Symbol.dispose]();
  });

  const ask = (talker: Talker, port: number, awaited: Reply): Promise<string[]> =>
    fourWays((protocol, family) => talker.ask(flowTo({ host: world.address[family], port }, protocol), awaited));

  it('lead everybody to their pod while nothing is isolated', async () => {
    for (const talker of [client.talker, friend.talker, world.outside.talker, node])
      expect(await ask(talker, FRIEND_PORT, 'answer')).toEqual(four('friend'));
  });

  it('are reached by an isolated pod where it may go to the pod behind them', async () => {
    world.policy('client', {
      ...selecting('client'),
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ to: apps('friend'), ports: POD_PORTS }],
    });
    await agent.settle();
    foe.arrivals.take();
    expect(await ask(client.talker, FRIEND_PORT, 'answer')).toEqual(four('friend'));
    expect([await ask(client.talker, FOE_PORT, 'silence'), foe.arrivals.take()]).toEqual([four('silent'), 0]);
  });

  it('let in whom the pod behind them lets in, and its own node by every address', async () => {
    world.policy('friend', {
      ...selecting('friend'),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: apps('client'), ports: POD_PORTS }],
    });
    await agent.settle();
    expect(await ask(client.talker, FRIEND_PORT, 'answer')).toEqual(four('friend'));
    friend.arrivals.take();
    for (const talker of [foe.talker, world.outside.talker]) expect(await ask(talker, FRIEND_PORT, 'silence')).toEqual(four('silent'));
    expect(friend.arrivals.take()).toBe(0);
    expect(await ask(node, FRIEND_PORT, 'answer')).toEqual(four('friend'));
    expect(await node.ask(flowTo({ host: '127.0.0.1', port: FRIEND_PORT }, 'TCP'), 'answer')).toBe('friend');
  });
});
