/** When the program that judges Services stands on the node, and what becomes of flows to Services while agents come and go. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { apps } from './support/manifests.ts';
import { listNetfilterLinks } from './support/proxy-hooks.ts';
import { TCP_PORT, UDP_PORT } from './support/world.ts';
import { clusterIP, flowTo, four, fourWays } from './support/proxy-frontends.ts';
import type { Reply, TalkFlow } from './support/proxy-talker.ts';
import { backendsOf, ProxyWorld, SERVICE_PORT, selecting, serviceOf, type TalkingPod } from './support/proxy-world.ts';

const ATTACHED = ['IPv4 hook 4 priority 90 to 99 after_nat', 'IPv6 hook 4 priority 90 to 99 after_nat'];

describe('on a node with Services', needsKernel, () => {
  let world: ProxyWorld;
  let client: TalkingPod;
  let friend: TalkingPod;
  let foe: TalkingPod;

  beforeEach(async () => {
    world = new ProxyWorld({ plugin: 'ptp' });
    [client, friend, foe] = await world.addPods('client', 'friend', 'foe');
    world.proxy.put(serviceOf(1, backendsOf(world, [friend])));
    world.proxy.put(serviceOf(2, backendsOf(world, [foe])));
    world.proxy.put(serviceOf(3, backendsOf(world, [friend, foe])));
  });
  afterEach(() => world[Symbol.dispose]());

  const isolateClient = (): void =>
    world.policy('client', { ...selecting('client'), policyTypes: ['Ingress', 'Egress'], egress: [{ to: apps('friend') }] });

  it('Services are judged only while a local pod is isolated for egress, and after uninstall no more', async () => {
    const agent = await world.world.settledAgent();
    expect(listNetfilterLinks(world.world)).toEqual([]);
    world.policy('friend', { ...selecting('friend'), ingress: [] });
    await agent.settle();
    expect(listNetfilterLinks(world.world)).toEqual([]);
    isolateClient();
    await agent.settle();
    expect(listNetfilterLinks(world.world)).toEqual(ATTACHED);
    client.tell({ node: 'elsewhere' });
    await agent.settle();
    expect(listNetfilterLinks(world.world)).toEqual([]);
    client.tell();
    await agent.settle();
    expect(listNetfilterLinks(world.world)).toEqual(ATTACHED);
    await agent.kill();
    expect(listNetfilterLinks(world.world)).toEqual(ATTACHED);
    expect(world.world.uninstall().code).toBe(0);
    expect(listNetfilterLinks(world.world)).toEqual([]);
    expect(await client.talker.ask(flowTo({ host: clusterIP(2, 'v4'), port: SERVICE_PORT }, 'TCP'), 'answer')).toBe('foe');
  });

  it('an agent that is dead judges a backend that the proxy chose afterwards', async () => {
    isolateClient();
    await (await world.world.settledAgent()).kill();
    world.proxy.rewrite(serviceOf(1, backendsOf(world, [foe])));
    world.proxy.rewrite(serviceOf(2, backendsOf(world, [friend])));
    foe.arrivals.take();
    const ask = (number: number, awaited: Reply): Promise<string[]> =>
      fourWays((protocol, family) => client.talker.ask(flowTo({ host: clusterIP(number, family), port: SERVICE_PORT }, protocol), awaited));
    expect(await Promise.all([ask(1, 'silence'), ask(2, 'answer')])).toEqual([four('silent'), four('friend')]);
    expect(foe.arrivals.take()).toBe(0);
  });

  it('at an agent’s first start open flows go on where their backend is allowed, and are cut where it is not', async () => {
    isolateClient();
    const open = (backend: number): Promise<TalkFlow[]> =>
      fourWays((protocol, family) =>
        client.talker.open(flowTo({ host: clusterIP(3, family), port: SERVICE_PORT }, protocol, backend), 'answer'),
      );
    const [kept, lost] = [await open(0), await open(1)];
    expect([...kept, ...lost].map(({ first }) => first)).toEqual([...kept.map(() => 'friend'), ...lost.map(() => 'foe')]);
    await world.world.settledAgent();
    foe.arrivals.take();
    expect(await Promise.all(lost.map((flow) => flow.say('silence')))).toEqual(lost.map(() => 'silent'));
    expect(foe.arrivals.take()).toBe(0);
    await friend.talker.push();
    expect(await Promise.all(kept.map((flow) => flow.pushed(true)))).toEqual(kept.map(() => true));
    expect(await Promise.all(kept.map((flow) => flow.say('answer')))).toEqual(kept.map(() => 'friend'));
  });

  it('agents that die and start again lose no allowed packet and let no denied one through', async () => {
    const echo = {
      ports: [
        { protocol: 'TCP' as const, port: SERVICE_PORT, targetPort: TCP_PORT },
        { protocol: 'UDP' as const, port: SERVICE_PORT, targetPort: UDP_PORT },
      ],
    };
    world.proxy.put(serviceOf(1, backendsOf(world, [friend]), echo));
    world.proxy.put(serviceOf(2, backendsOf(world, [foe]), echo));
    isolateClient();
    const first = await world.world.settledAgent();
    const allowed = [
      ['connections', clusterIP(1, 'v4')],
      ['connections', clusterIP(1, 'v6')],
      ['held', clusterIP(1, 'v4')],
      ['held', clusterIP(1, 'v6')],
      ['datagrams', clusterIP(1, 'v4')],
      ['datagrams', clusterIP(1, 'v6')],
    ] as const;
    const denied = [
      ['connections', clusterIP(2, 'v4')],
      ['connections', clusterIP(2, 'v6')],
      ['datagrams', clusterIP(2, 'v4')],
      ['datagrams', clusterIP(2, 'v6')],
    ] as const;
    foe.arrivals.take();
    for (const [stream, host] of allowed) await client.traffic.start(`${stream} ${host}`, stream, host, SERVICE_PORT);
    for (const [stream, host] of denied) await client.traffic.start(`${stream} ${host}`, stream, host, SERVICE_PORT, 200);
    await sleep(200);
    // What is denied is sent again as well, so the client's count says nothing: the backend's does.
    const before = await friend.traffic.ask({ op: 'losses' });
    await first.kill();
    await sleep(200);
    const second = await world.world.settledAgent();
    await second.kill('SIGTERM');
    await sleep(200);
    await world.world.settledAgent();
    await sleep(300);
    const stop = (
      flows: readonly (readonly [string, string])[],
    ): Promise<{ flow: string; sent: number; answered: number; closed: boolean }[]> =>
      Promise.all(
        flows.map(async ([stream, host]) => ({ flow: `${stream} ${host}`, ...(await client.traffic.stop(`${stream} ${host}`)) })),
      );
    const [good, bad] = [await stop(allowed), await stop(denied)];
    expect(good.filter(({ sent, answered, closed }) => sent < 20 || answered !== sent || closed)).toEqual([]);
    expect(bad.filter(({ sent, answered }) => sent < 20 || answered > 0)).toEqual([]);
    expect(foe.arrivals.take()).toBe(0);
    expect(await friend.traffic.ask({ op: 'losses' })).toBe(before);
    expect(listNetfilterLinks(world.world)).toEqual(ATTACHED);
  });
});
