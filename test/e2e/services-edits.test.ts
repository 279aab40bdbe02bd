/** Flows to a Service that are open when something changes: judged again by the backend that they really have, whoever speaks next. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps } from './support/manifests.ts';
import { flowTo, fourWays, frontend, serviceOfEveryKind } from './support/proxy-frontends.ts';
import type { Reply, TalkFlow } from './support/proxy-talker.ts';
import { backendsOf, ProxyWorld, selecting, type TalkingPod } from './support/proxy-world.ts';
import type { Plugin } from './support/world.ts';

const PLUGINS: readonly Plugin[] = ['bridge', 'ptp'];

describe.each(PLUGINS)('flows of %s pods to a Service that are open while', needsKernel, (plugin) => {
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

  beforeEach(async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend, foe])));
    await allow('friend', 'foe');
  });
  afterEach(async () => {
    await world.clear();
    await agent.settle();
  });
  afterAll(() => world[Symbol.dispose]());

  /** The client may open flows to these alone, and nobody to it. */
  async function allow(...names: readonly string[]): Promise<void> {
    world.policy('client', { ...selecting('client'), policyTypes: ['Ingress', 'Egress'], egress: [{ to: apps(...names) }] });
    await agent.settle();
  }

  /** By ClusterIP and NodePort, TCP and UDP, both families: to the backend of that number. */
  async function openFlows(backend: number): Promise<TalkFlow[]> {
    const flows = await Promise.all(
      (['ClusterIP', 'NodePort'] as const).map((kind) =>
        fourWays((protocol, family) => client.talker.open(flowTo(frontend(kind, family, world), protocol, backend), 'answer')),
      ),
    );
    return flows.flat();
  }

  function say(flows: readonly TalkFlow[], awaited: Reply): Promise<string[]> {
    return Promise.all(flows.map((flow) => flow.say(awaited)));
  }

  async function pushed(flows: readonly TalkFlow[], by: TalkingPod, expected: boolean): Promise<boolean[]> {
    await by.talker.push();
    return Promise.all(flows.map((flow) => flow.pushed(expected)));
  }

  async function close(flows: readonly TalkFlow[]): Promise<void> {
    await Promise.all(flows.map((flow) => flow.close()));
  }

  const all = <Each>(flows: readonly TalkFlow[], each: Each): Each[] => flows.map(() => each);

  it('an edit denies their backend are cut, also where the other backend stays allowed: the client speaks next', async () => {
    const [kept, lost] = [await openFlows(0), await openFlows(1)];
    expect([kept, lost].map((flows) => new Set(flows.map(({ first }) => first)))).toEqual([new Set(['friend']), new Set(['foe'])]);
    await allow('friend');
    foe.arrivals.take();
    expect([await say(kept, 'answer'), await say(lost, 'silence')]).toEqual([all(kept, 'friend'), all(lost, 'silent')]);
    expect(foe.arrivals.take()).toBe(0);
    await close(kept);
    // Allowed again they go on.
    await allow('friend', 'foe');
    expect(await say(lost, 'answer')).toEqual(all(lost, 'foe'));
    await close(lost);
  });

  it('an edit denies their backend are cut, also where the other backend stays allowed: the server speaks next', async () => {
    const [kept, lost] = [await openFlows(0), await openFlows(1)];
    await allow('friend');
    expect([await pushed(kept, friend, true), await pushed(lost, foe, false)]).toEqual([all(kept, true), all(lost, false)]);
    expect(await say(kept, 'answer')).toEqual(all(kept, 'friend'));
    await close([...kept, ...lost]);
  });

  it('edits go on where every version allows their backend: whoever speaks next, and whatever has become of the Service', async () => {
    const flows = await openFlows(0);
    await allow('friend', 'nobody');
    expect(await say(flows, 'answer')).toEqual(all(flows, 'friend'));
    await allow('friend');
    expect(await pushed(flows, friend, true)).toEqual(all(flows, true));
    // The backend drains: new flows get another.
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [foe])));
    await allow('friend', 'nobody');
    expect(await say(flows, 'answer')).toEqual(all(flows, 'friend'));
    await allow('friend');
    expect(await pushed(flows, friend, true)).toEqual(all(flows, true));
    expect(await client.talker.ask(flowTo(frontend('ClusterIP', 'v4', world), 'TCP'), 'silence')).toBe('silent');
    // The Service is gone.
    world.proxy.clear();
    await allow('friend', 'nobody');
    expect(await say(flows, 'answer')).toEqual(all(flows, 'friend'));
    await allow('friend');
    expect(await pushed(flows, friend, true)).toEqual(all(flows, true));
    await close(flows);
  });

  it('an edit cuts leave their port as good as new: a new connection from it gets a backend of now', async () => {
    for (const family of ['v4', 'v6'] as const) {
      const opening = flowTo(frontend('ClusterIP', family, world), 'TCP', 1);
      const flow = await client.talker.open(opening, 'answer');
      expect(flow.first).toBe('foe');
      await allow('friend');
      expect(await flow.say('silence')).toBe('silent');
      await flow.close();
      world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend])));
      expect(await client.talker.ask(opening, 'answer')).toBe('friend');
      world.proxy.put(serviceOfEveryKind(backendsOf(world, [friend, foe])));
      await allow('friend', 'foe');
    }
  });

  it('their Service goes, and is then denied, are cut', async () => {
    const flows = await openFlows(1);
    world.proxy.clear();
    await allow('friend');
    foe.arrivals.take();
    expect([await say(flows, 'silence'), foe.arrivals.take()]).toEqual([all(flows, 'silent'), 0]);
    await close(flows);
  });

  it('their backend loses the label by which it was allowed are cut, and go on when it has it again', async () => {
    const flows = await openFlows(0);
    friend.tell({ labels: { app: 'stranger' } });
    await agent.settle();
    friend.arrivals.take();
    expect([await say(flows, 'silence'), friend.arrivals.take()]).toEqual([all(flows, 'silent'), 0]);
    friend.tell();
    await agent.settle();
    expect(await say(flows, 'answer')).toEqual(all(flows, 'friend'));
    await close(flows);
  });

  it('isolation begins survive where the policy allows their backend, and are cut where it does not: the client speaks next', async () => {
    world.world.manifests.remove('policy-client.json');
    await agent.settle();
    const [kept, lost] = [await openFlows(0), await openFlows(1)];
    await allow('friend');
    foe.arrivals.take();
    expect([await say(kept, 'answer'), await say(lost, 'silence'), foe.arrivals.take()]).toEqual([
      all(kept, 'friend'),
      all(lost, 'silent'),
      0,
    ]);
    await close([...kept, ...lost]);
  });

  it('isolation begins survive where the policy allows their backend, and are cut where it does not: the server speaks next', async () => {
    world.world.manifests.remove('policy-client.json');
    await agent.settle();
    const [kept, lost] = [await openFlows(0), await openFlows(1)];
    await allow('friend');
    expect([await pushed(kept, friend, true), await pushed(lost, foe, false)]).toEqual([all(kept, true), all(lost, false)]);
    await close([...kept, ...lost]);
  });

  it('their backend becomes isolated are judged by the pod that asks, also where the node masquerades it', async () => {
    const flows = await openFlows(0);
    world.policy('friend', { ...selecting('friend'), ingress: [{ from: apps('client') }] });
    await agent.settle();
    expect(await say(flows, 'answer')).toEqual(all(flows, 'friend'));
    expect(await pushed(flows, friend, true)).toEqual(all(flows, true));
    world.policy('friend', { ...selecting('friend'), ingress: [{ from: apps('foe') }] });
    await agent.settle();
    friend.arrivals.take();
    expect([await say(flows, 'silence'), friend.arrivals.take()]).toEqual([all(flows, 'silent'), 0]);
    await close(flows);
  });
});
