/** Addresses that look like a Service's, or are one's without any Service: each is judged by what becomes of the packet. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps } from './support/manifests.ts';
import { Arrivals } from './support/proxy-arrivals.ts';
import { clusterIP, flowTo, four, fourWays, type Family } from './support/proxy-frontends.ts';
import { Talker, type Reply } from './support/proxy-talker.ts';
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

/** On one bridge without br_netfilter packets between pods never pass the hook at which Services are judged. */
const NODES = [
  { plugin: 'bridge', bridgeNetfilter: true },
  { plugin: 'bridge', bridgeNetfilter: false },
  { plugin: 'ptp', bridgeNetfilter: true },
] as const;
const UNREWRITTEN: Readonly<Record<Family, string>> = { v4: '203.0.113.30', v6: '2001:db8:113::30' };

describe.each(NODES)('addresses, for $plugin pods with br_netfilter $bridgeNetfilter', needsKernel, (options) => {
  let world: ProxyWorld;
  let agent: AgentProcess;
  let client: TalkingPod;
  let friend: TalkingPod;
  let foe: TalkingPod;
  let stranger: Arrivals;
  let node: Talker;

  beforeAll(async () => {
    world = new ProxyWorld(options);
    [client, friend, foe] = await world.addPods('client', 'friend', 'foe');
    world.outside.addAddresses(UNREWRITTEN);
    stranger = new Arrivals(world.outside.netns, [SERVICE_PORT]);
    await world.outside.talker.serve({ name: 'stranger', tcp: [SERVICE_PORT], udp: [SERVICE_PORT], hosts: Object.values(UNREWRITTEN) });
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

  async function isolateClient(egress: readonly object[] = [{ to: apps('friend'), ports: POD_PORTS }]): Promise<void> {
    world.policy('client', { ...selecting('client'), policyTypes: ['Ingress', 'Egress'], egress });
    await agent.settle();
    for (const { arrivals } of [client, friend, foe]) arrivals.take();
    stranger.take();
  }

  function answersAt(hosts: Readonly<Record<Family, string>>, port: number, awaited: Reply): Promise<string[]> {
    return fourWays((protocol, family) => client.talker.ask(flowTo({ host: hosts[family], port }, protocol), awaited));
  }

  it('a frontend that no proxy rewrites is judged by its own address', async () => {
    world.proxy.tell(serviceOf(1, backendsOf(world, [friend]), { externalIPs: Object.values(UNREWRITTEN) }));
    await isolateClient();
    expect([await answersAt(UNREWRITTEN, SERVICE_PORT, 'silence'), stranger.take(), friend.arrivals.take()]).toEqual([
      four('silent'),
      0,
      0,
    ]);
    await isolateClient([{ to: [{ ipBlock: { cidr: `${UNREWRITTEN.v4}/32` } }, { ipBlock: { cidr: `${UNREWRITTEN.v6}/128` } }] }]);
    expect(await answersAt(UNREWRITTEN, SERVICE_PORT, 'answer')).toEqual(four('stranger'));
  });

  it('a pod’s address opens nothing where a Service calls it external', async () => {
    const ports = [
      { protocol: 'TCP' as const, port: POD_TCP_PORT, targetPort: POD_TCP_PORT },
      { protocol: 'UDP' as const, port: POD_UDP_PORT, targetPort: POD_UDP_PORT },
    ];
    const claims = serviceOf(1, backendsOf(world, [friend]), { externalIPs: [foe.v4, foe.v6], ports });
    world.proxy.tell(claims);
    await isolateClient();
    const ask = (): Promise<string[]> =>
      fourWays((protocol, family) =>
        client.talker.ask(flowTo({ host: foe[family], port: protocol === 'TCP' ? POD_TCP_PORT : POD_UDP_PORT }, protocol), 'silence'),
      );
    expect([await ask(), foe.arrivals.take()]).toEqual([four('silent'), 0]);
    // Nor where a proxy obeys.
    world.proxy.rewrite(claims);
    expect([await ask(), foe.arrivals.take()]).toEqual([four('silent'), 0]);
  });

  it('a frontend that becomes a pod’s address is judged as the pod’s, and is a frontend again when the pod is gone', async () => {
    const claims = serviceOf(1, backendsOf(world, [friend]), { externalIPs: [UNREWRITTEN.v4, UNREWRITTEN.v6] });
    world.proxy.put(claims);
    await isolateClient();
    expect(await answersAt(UNREWRITTEN, SERVICE_PORT, 'answer')).toEqual(four('friend'));
    expect(friend.arrivals.take()).toBeGreaterThan(0);
    foe.tell({ addresses: Object.values(UNREWRITTEN) });
    await agent.settle();
    expect([await answersAt(UNREWRITTEN, SERVICE_PORT, 'silence'), friend.arrivals.take()]).toEqual([four('silent'), 0]);
    foe.tell();
    await agent.settle();
    expect(await answersAt(UNREWRITTEN, SERVICE_PORT, 'answer')).toEqual(four('friend'));
    expect(friend.arrivals.take()).toBeGreaterThan(0);
  });

  it('a cluster address that is bound on the node is the own node, and so is whatever is bound there', async () => {
    const bound = { v4: clusterIP(9, 'v4'), v6: clusterIP(9, 'v6') };
    world.proxy.tell(serviceOf(9, backendsOf(world, [foe])));
    await isolateClient([]);
    world.world.node.ip('link add dns type bridge');
    world.world.node.ip('link set dns up');
    world.world.node.ip(`addr add ${bound.v4}/32 dev dns`);
    world.world.node.ip(`addr add ${bound.v6}/128 dev dns nodad`);
    world.world.node.ip('addr add 169.254.20.10/32 dev dns');
    await node.serve({ name: 'node', tcp: [SERVICE_PORT], udp: [SERVICE_PORT], hosts: [bound.v4, bound.v6, '169.254.20.10'] });
    await agent.settle();
    expect(await answersAt(bound, SERVICE_PORT, 'answer')).toEqual(four('node'));
    expect(await client.talker.ask(flowTo({ host: '169.254.20.10', port: SERVICE_PORT }, 'UDP'), 'answer')).toBe('node');
    // It is the node where it comes from there, too.
    const ports = [POD_TCP_PORT, POD_UDP_PORT] as const;
    for (const from of Object.values(bound)) {
      const host = from === bound.v4 ? client.v4 : client.v6;
      expect(await node.ask({ protocol: 'TCP', host, port: ports[0], from }, 'answer')).toBe('client');
      expect(await node.ask({ protocol: 'UDP', host, port: ports[1], from }, 'answer')).toBe('client');
    }
  });

  it('a port of the node that is a container’s is judged by the pod and the pod’s port', async () => {
    world.proxy.openHostPorts(
      ...[friend, foe].flatMap(({ v4, v6 }, index) => [
        { protocol: 'TCP' as const, port: 8000 + index, addresses: [v4, v6], targetPort: POD_TCP_PORT },
        { protocol: 'UDP' as const, port: 8000 + index, addresses: [v4, v6], targetPort: POD_UDP_PORT },
      ]),
    );
    await isolateClient();
    expect(await answersAt(world.address, 8000, 'answer')).toEqual(four('friend'));
    expect([await answersAt(world.address, 8001, 'silence'), foe.arrivals.take()]).toEqual([four('silent'), 0]);
  });
});
