/** Pods that come, go, come again and share addresses while the agent runs. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { waitFor } from './support/eventually.ts';
import { listAttached } from './support/kernel-objects.ts';
import { apps, podObject } from './support/manifests.ts';
import { TCP_PORT, World, type Plugin, type WorldPod } from './support/world.ts';

const ISOLATE_WEB = { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('friend') }] };

let world: World;
let agent: AgentProcess;
let web: WorldPod;
let foe: WorldPod;

async function setUp(plugin: Plugin): Promise<void> {
  world = new World({ plugin });
  [web, foe] = await Promise.all([world.addPod('web', { quiet: true }), world.addPod('foe')]);
  world.policy('web', ISOLATE_WEB);
  agent = await world.settledAgent();
}

async function podsWithPrograms(): Promise<string[]> {
  return (await agent.status()).endpoints.map(({ pod }) => pod).toSorted();
}

describe.each(['bridge', 'ptp'] as const)('%s pods', needsKernel, (plugin) => {
  beforeEach(() => setUp(plugin));

  afterEach(() => {
    world[Symbol.dispose]();
  });

  it('are enforced when their manifest comes after their interface', async () => {
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    web.tell();
    await waitFor(async () => !(await foe.traffic.connects(web.v4, TCP_PORT)));
    expect(await podsWithPrograms()).toEqual(['shop/foe', 'shop/web']);
  });

  it('are enforced when their interface comes after their manifest', async () => {
    // host-local hands out the next number.
    const next = (address: string): string => address.replace(/\d+$/, (digits) => String(Number(digits) + 1));
    const last = [web, foe].toSorted((a, b) => a.v4.localeCompare(b.v4, 'en', { numeric: true })).at(-1) ?? web;
    world.manifests.put(
      'pod-late.json',
      podObject({ name: 'late', node: world.nodeName, addresses: [next(last.v4)], labels: { app: 'web' } }),
    );
    await agent.settle();
    expect((await agent.status()).missing).toEqual(['shop/late']);
    const late = await world.addPod('late', { quiet: true });
    expect(late.v4).toBe(next(last.v4));
    await waitFor(async () => (await podsWithPrograms()).includes('shop/late'));
    expect(await foe.traffic.connects(late.v4, TCP_PORT)).toBe(false);
    expect((await agent.status()).missing).toEqual([]);
  });

  it('are let go with their interface, and with their manifest', async () => {
    web.tell();
    await agent.settle();
    expect(listAttached(world).attached).toHaveLength(4);
    web.destroy();
    await waitFor(async () => (await podsWithPrograms()).join() === 'shop/foe');
    expect((await agent.status()).missing).toEqual(['shop/web']);
    world.manifests.remove('pod-web.json');
    await agent.settle();
    expect((await agent.status()).missing).toEqual([]);
    world.manifests.remove('pod-foe.json');
    await agent.settle();
    await waitFor(() => listAttached(world).attached.length === 0);
  });
});

describe('pods', needsKernel, () => {
  beforeEach(() => setUp('ptp'));

  afterEach(() => {
    world[Symbol.dispose]();
  });

  it('may be made again under the same name, with another address and another policy', async () => {
    web.tell({ uid: 'first' });
    await agent.settle();
    web.destroy();
    const again = await world.addPod('web', { quiet: true });
    const friend = await world.addPod('friend');
    again.tell({ uid: 'second' });
    await agent.settle();
    await waitFor(async () => (await podsWithPrograms()).includes('shop/web'));
    expect(await foe.traffic.connects(again.v4, TCP_PORT)).toBe(false);
    expect(await friend.traffic.connects(again.v6, TCP_PORT)).toBe(true);
  });

  it('may get the address of one that has ended: the peer that policies mean is the new one', async () => {
    web.tell();
    const friend = await world.addPod('friend', { quiet: true });
    friend.tell({ uid: 'a', startTime: '2030-01-01T00:00:00Z' });
    await agent.settle();
    expect(await friend.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    // The same interface, addresses and all, is now another pod's; then the old one's manifest goes at last.
    world.manifests.put(
      'pod-new.json',
      podObject({ name: 'new', uid: 'b', node: world.nodeName, addresses: [friend.v4, friend.v6], startTime: '2030-01-02T00:00:00Z' }),
    );
    friend.tell({ uid: 'a', startTime: '2030-01-01T00:00:00Z', phase: 'Succeeded' });
    await agent.settle();
    expect(await friend.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    world.manifests.remove('pod-friend.json');
    await agent.settle();
    expect(await friend.traffic.connects(web.v4, TCP_PORT)).toBe(false);
  });

  it('are enforced by their own policies where an ended pod still has their address', async () => {
    const ended = podObject({
      name: 'ended',
      uid: 'a',
      node: world.nodeName,
      addresses: [web.v4, web.v6],
      phase: 'Succeeded',
      startTime: '2030-01-01T00:00:00Z',
    });
    world.manifests.put('pod-a.json', ended);
    world.manifests.put('pod-z.json', podObject({ name: 'other', node: world.nodeName, addresses: [web.v4, web.v6], phase: 'Failed' }));
    web.tell({ startTime: '2030-01-02T00:00:00Z' });
    await agent.settle();
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    expect(await podsWithPrograms()).toContain('shop/web');
    await agent.kill();
    agent = await world.settledAgent();
    expect(await podsWithPrograms()).toContain('shop/web');
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
  });

  it('whose interface is deleted and made again in the same namespace are found again', async () => {
    web.tell();
    await agent.settle();
    const before = world.hostSideOf(web.netns);
    web.netns.ip('link delete eth0');
    await waitFor(async () => (await agent.status()).missing.includes('shop/web'));
    web.netns.ip(`link add eth0 type veth peer name again netns ${world.node.name}`);
    web.netns.ip(`addr add ${web.v4}/32 dev eth0`);
    web.netns.ip('link set eth0 up');
    world.node.ip('link set again up');
    world.node.ip('addr add 169.254.1.1/32 dev again');
    world.node.ip(`route add ${web.v4}/32 dev again`);
    web.netns.ip('route add 169.254.1.1/32 dev eth0');
    web.netns.ip('route add default via 169.254.1.1');
    expect(world.hostSideOf(web.netns)).not.toBe(before);
    await waitFor(async () => (await podsWithPrograms()).includes('shop/web'));
    world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{}] });
    await agent.settle();
    await waitFor(() => foe.traffic.connects(web.v4, TCP_PORT));
    world.policy('web', ISOLATE_WEB);
    await agent.settle();
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
  });

  it('are found though another pod has given itself their address', async () => {
    const thieves = await Promise.all([world.addPod('thief'), world.addPod('another')]);
    web.tell();
    await agent.settle();
    await agent.kill();
    for (const thief of thieves) thief.netns.ip(`addr add ${web.v4}/32 dev eth0`);
    foe.netns.ip(`addr add ${web.v6}/128 dev eth0`);
    agent = await world.settledAgent();
    expect(await podsWithPrograms()).toEqual(['shop/another', 'shop/foe', 'shop/thief', 'shop/web']);
    expect((await agent.status()).endpoints.find(({ pod }) => pod === 'shop/web')?.ifindex).toBe(world.hostSideOf(web.netns));
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
  });

  it('with a second interface are touched only where the cluster address is', async () => {
    web.tell();
    web.netns.ip(`link add net1 type veth peer name second netns ${world.node.name}`);
    web.netns.ip('addr add 10.97.0.2/24 dev net1');
    web.netns.ip('link set net1 up');
    world.node.ip('addr add 10.97.0.1/24 dev second');
    world.node.ip('link set second up');
    await agent.settle();
    await sleep(100);
    const touched = new Set(listAttached(world).attached.map(({ ifindex }) => ifindex));
    expect([...touched].toSorted((a, b) => a - b)).toEqual(
      [world.hostSideOf(web.netns), world.hostSideOf(foe.netns)].toSorted((a, b) => a - b),
    );
  });
});

describe('pods without a host side', needsKernel, () => {
  it('are told as not enforced, and no harm to others', async () => {
    using world = new World({ plugin: 'bridge' });
    world.node.ip('link add uplink type veth peer name far');
    world.node.ip('link set uplink up');
    const [web, foe, macvlan] = await Promise.all([
      world.addPod('web'),
      world.addPod('foe'),
      world.addPod('macvlan', { plugin: 'macvlan', more: { master: 'uplink' } }),
    ]);
    world.policy('all', { podSelector: {}, ingress: [{ from: apps('friend') }] });
    const agent = await world.settledAgent();
    expect((await agent.status()).missing).toEqual(['shop/macvlan']);
    await waitFor(async () => Object.keys((await agent.status()).unenforced).length > 0, 12_000);
    const status = await agent.status();
    expect(status.unenforced).toEqual({ 'shop/macvlan': expect.stringContaining('is at no interface that a veth') });
    expect(agent.log).toMatch(/not enforced/);
    expect(status.endpoints.map(({ pod }) => pod).toSorted()).toEqual(['shop/foe', 'shop/web']);
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    expect(macvlan.v4).not.toBe('');
  });
});
