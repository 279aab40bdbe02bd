/** Addresses that pass from an allowed pod to one that is not allowed, while flows from and to them are open. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TcpOptions } from '../support/builders/segments.ts';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { waitFor } from './support/eventually.ts';
import { apps, podObject } from './support/manifests.ts';
import { sendSegments } from './support/raw-segments.ts';
import { Streams } from './support/streams.ts';
import { TALK_PORT, UDP_PORT, World, type WorldOptions, type WorldPod } from './support/world.ts';

const NODES: readonly (WorldOptions & { readonly title: string })[] = [
  { title: 'tracks no connections', bridgeNetfilter: false },
  { title: 'tracks connections', tracked: true },
];
/** Longer than it takes to sweep the flows of an address that nobody has. */
const SWEPT_MS = 1200;

describe.each(NODES)('an address that another pod gets, on a node whose kernel $title', needsKernel, (options) => {
  let world: World;
  let agent: AgentProcess;
  let web: WorldPod;
  let friend: WorldPod;
  let other: WorldPod;

  beforeAll(async () => {
    world = new World({ ...options, plugin: 'bridge' });
    [web, friend, other] = await world.addPods('web', 'friend', 'other');
    const peers = apps('friend', 'other');
    world.policy('web', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: peers }],
      egress: [{ to: peers }],
    });
    agent = await world.settledAgent();
  });

  beforeEach(async () => {
    world.manifests.remove('pod-stranger.json');
    friend.tell({ uid: 'friend', startTime: '2030-01-01T00:00:00Z' });
    await agent.settle();
  });

  afterAll(() => {
    world[Symbol.dispose]();
  });

  /** The same namespace, sockets and all, is another pod's from now on. */
  function tellStranger(node = world.nodeName): void {
    const addresses = [friend.v4, friend.v6];
    world.manifests.put(
      'pod-stranger.json',
      podObject({ name: 'stranger', uid: 'stranger', node, addresses, startTime: '2030-01-02T00:00:00Z' }),
    );
  }

  async function startStreams(): Promise<Streams> {
    const streams = new Streams();
    await Promise.all([streams.allow(other, web), streams.allow(web, other), streams.doom(friend, web), streams.doom(web, friend)]);
    await streams.begin();
    return streams;
  }

  it('at once: its live flows are cut', async () => {
    const streams = await startStreams();
    world.manifests.remove('pod-friend.json');
    tellStranger();
    await agent.settle();
    streams.cut();
    await sleep(300);
    await streams.expectUntouched();
  });

  it('after it was nobody’s, on another node: its live flows are cut, and not revived', async () => {
    friend.tell({ uid: 'friend', node: 'elsewhere' });
    await agent.settle();
    const streams = await startStreams();
    world.manifests.remove('pod-friend.json');
    await agent.settle();
    await sleep(SWEPT_MS);
    streams.cut();
    tellStranger('elsewhere');
    await agent.settle();
    await sleep(300);
    await streams.expectUntouched();
  });

  it('before its first owner is told to be gone: its live flows are cut, and the late word changes nothing', async () => {
    const streams = await startStreams();
    tellStranger();
    await agent.settle();
    streams.cut();
    await sleep(200);
    world.manifests.remove('pod-friend.json');
    await agent.settle();
    await sleep(200);
    await streams.expectUntouched();
  });

  it('in a namespace of its own: nothing that it sends on the tuples of before gets through', async () => {
    const ports = [40_001, 40_002] as const;
    const mine = await world.addPod('mine', { quiet: true });
    mine.tell({ labels: { app: 'friend' } });
    await agent.settle();
    for (const host of [web.v4, web.v6]) {
      for (const [stream, port, localPort] of [
        ['talk', TALK_PORT, ports[0]],
        ['datagrams', UDP_PORT, ports[1]],
      ] as const)
        await mine.traffic.ask({ op: 'start', name: `${stream} ${host}`, stream, host, port, everyMs: 20, timeoutMs: 1, localPort });
    }
    web.packets.read();
    await waitFor(() => heard(mine).every((count) => count > 5));
    // It vanishes without a FIN.
    mine.netns.ip('link set eth0 down');
    mine.destroy();
    world.manifests.remove('pod-mine.json');
    const thief = await world.addPod('thief', { quiet: true, addresses: [mine.v4, mine.v6] });
    thief.tell({ labels: { app: 'stranger' } });
    await waitFor(async () => {
      await agent.settle();
      return (await agent.status()).endpoints.some(({ pod }) => pod === 'shop/thief');
    });
    const segments: TcpOptions[] = [{ flags: ['ack'] }, { flags: ['ack', 'psh'], data: Buffer.from('x') }, { flags: ['rst'] }].map(
      (options) => ({ source: ports[0], destination: TALK_PORT, ...options }) as TcpOptions,
    );
    const send = async (): Promise<void> => {
      sendSegments({ from: thief, to: web, segments });
      for (const host of [web.v4, web.v6]) {
        await thief.traffic.ask({
          op: 'start',
          name: host,
          stream: 'datagrams',
          host,
          port: UDP_PORT,
          everyMs: 20,
          timeoutMs: 1,
          localPort: ports[1],
        });
        await sleep(100);
        await thief.traffic.stop(host);
      }
    };
    const before = heard(thief);
    await send();
    expect(heard(thief)).toEqual(before);
    // The same packets get through where the policy allows their sender.
    thief.tell({ labels: { app: 'friend' } });
    await agent.settle();
    await send();
    expect(heard(thief).map((count, index) => count > before[index]!)).toEqual([true, true, true, true]);
  });

  /** Packets of a peer that reached web, by protocol and family. */
  function heard({ v4, v6 }: WorldPod): number[] {
    const counts = web.packets.read();
    return [v4, v6].flatMap((peer) => [
      counts.get('heard-requests', peer, 'tcp', TALK_PORT),
      counts.get('heard-requests', peer, 'udp', UDP_PORT),
    ]);
  }
});
