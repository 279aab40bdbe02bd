/** The agent on a node made by hand: it enforces what the manifests say, and says what it does. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { apps } from './support/manifests.ts';
import { TCP_PORT, UDP_PORT, World, type Plugin, type WorldPod } from './support/world.ts';

const PLUGINS: readonly Plugin[] = ['bridge', 'ptp'];

describe.each(PLUGINS)('the agent with %s pods', needsKernel, (plugin) => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;

  beforeEach(async () => {
    world = new World({ plugin });
    [web, friend, foe] = await world.addPods('web', 'friend', 'foe');
  });

  afterEach(() => {
    world[Symbol.dispose]();
  });

  it('lets in whom a policy allows and nobody else, in both families', async () => {
    world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('friend') }] });
    const agent = await world.settledAgent();
    const events = await agent.follow();
    const reached = await Promise.all(
      [web.v4, web.v6].flatMap((host) => [
        friend.traffic.connects(host, TCP_PORT),
        friend.traffic.reachesByDatagram(host, UDP_PORT),
        web.traffic.connects(host === web.v4 ? foe.v4 : foe.v6, TCP_PORT),
        foe.traffic.connects(host, TCP_PORT),
        foe.traffic.reachesByDatagram(host, UDP_PORT),
      ]),
    );
    expect(reached).toEqual([true, true, true, false, false, true, true, true, false, false]);
    expect(events).toContainEqual(
      expect.objectContaining({
        verdict: 'deny',
        direction: 'ingress',
        pod: 'shop/web',
        peer: 'shop/foe',
        source: foe.v4,
        destination: web.v4,
        protocol: 'TCP',
        port: TCP_PORT,
        policies: ['shop/web'],
      }),
    );
    expect(events.filter((event) => event.peer !== 'shop/foe')).toEqual([]);
    const { endpoints, healthy, missing } = await agent.status();
    expect({ healthy, missing, pods: endpoints.map(({ pod }) => pod).toSorted() }).toEqual({
      healthy: true,
      missing: [],
      pods: ['shop/foe', 'shop/friend', 'shop/web'],
    });
    expect(endpoints.find(({ pod }) => pod === 'shop/web')?.packets.ingress['POLICY']).toBeGreaterThanOrEqual(4);
  });
});
