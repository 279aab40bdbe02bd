/** Clients outside the cluster that come in by a node port and are masqueraded there: judged by their true address, and never taken for the node. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { outsideAddresses } from './support/proxy-outside.ts';
import { FAMILIES, flowTo, four, fourWays, frontend, FRONTEND_KINDS, serviceOfEveryKind, type Family } from './support/proxy-frontends.ts';
import { Talker, type Reply, type TalkFlow } from './support/proxy-talker.ts';
import { backendsOf, POD_PORTS, POD_TCP_PORT, ProxyWorld, selecting, type TalkingPod } from './support/proxy-world.ts';
import type { Plugin } from './support/world.ts';

const PLUGINS: readonly Plugin[] = ['bridge', 'ptp'];
const [FRIEND, FOE] = [outsideAddresses(2), outsideAddresses(3)];

describe.each(PLUGINS)('a client that the node has masqueraded, at %s pods', needsKernel, (plugin) => {
  let world: ProxyWorld;
  let agent: AgentProcess;
  let web: TalkingPod;
  let other: TalkingPod;
  let node: Talker;

  beforeAll(async () => {
    world = new ProxyWorld({ plugin });
    [web, other] = await world.addPods('web', 'other');
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

  async function allow(...hosts: readonly Readonly<Record<Family, string>>[]): Promise<void> {
    const from = hosts.flatMap(({ v4, v6 }) => [{ ipBlock: { cidr: `${v4}/32` } }, { ipBlock: { cidr: `${v6}/128` } }]);
    world.policy('web', { ...selecting('web'), ingress: from.length === 0 ? [] : [{ from, ports: POD_PORTS }] });
    await agent.settle();
    web.arrivals.take();
  }

  function openFlows(from: Readonly<Record<Family, string>>, awaited: Reply = 'answer'): Promise<TalkFlow[]> {
    return fourWays((protocol, family) =>
      world.outside.talker.open({ ...flowTo(frontend('NodePort', family, world), protocol), from: from[family] }, awaited),
    );
  }

  async function answersTo(from: Readonly<Record<Family, string>>, awaited: Reply): Promise<string[]> {
    const flows = await openFlows(from, awaited);
    await close(flows);
    return flows.map(({ first }) => first);
  }

  async function close(flows: readonly TalkFlow[]): Promise<void> {
    await Promise.all(flows.map((flow) => flow.close()));
  }

  function say(flows: readonly TalkFlow[], awaited: Reply): Promise<string[]> {
    return Promise.all(flows.map((flow) => flow.say(awaited)));
  }

  async function pushed(flows: readonly TalkFlow[], expected: boolean): Promise<boolean[]> {
    await web.talker.push();
    return Promise.all(flows.map((flow) => flow.pushed(expected)));
  }

  it('is judged by its true address, from its first packet on', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [web])));
    await allow(FRIEND);
    expect([await answersTo(FOE, 'silence'), web.arrivals.take()]).toEqual([four('silent'), 0]);
    expect(await answersTo(FRIEND, 'answer')).toEqual(four('web'));
    // It was masqueraded indeed.
    expect(Object.keys(await web.talker.visitors())).not.toEqual(expect.arrayContaining([FRIEND.v4]));
  });

  it('is not taken for the node, whose address it has, nor for whom that address is allowed', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [web])));
    await allow();
    expect([await answersTo(FRIEND, 'silence'), web.arrivals.take()]).toEqual([four('silent'), 0]);
    // All that the node has.
    await allow(world.address, { v4: '10.98.1.1', v6: 'fd00:98:1::1' });
    expect([await answersTo(FRIEND, 'silence'), web.arrivals.take()]).toEqual([four('silent'), 0]);
    // The node itself may always, by whatever address.
    await allow();
    for (const kind of FRONTEND_KINDS)
      expect(await fourWays((protocol, family) => node.ask(flowTo(frontend(kind, family, world), protocol), 'answer')), kind).toEqual(
        four('web'),
      );
    expect(await node.ask(flowTo({ host: web.v6, port: POD_TCP_PORT }, 'TCP'), 'answer')).toBe('web');
  });

  it('is judged again by its true address after an edit: the client speaks next', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [web])));
    await allow(FRIEND, FOE);
    const [kept, lost] = [await openFlows(FRIEND), await openFlows(FOE)];
    await allow(FRIEND);
    expect([await say(lost, 'silence'), web.arrivals.take()]).toEqual([four('silent'), 0]);
    expect(await say(kept, 'answer')).toEqual(four('web'));
    await allow(FRIEND, FOE);
    expect(await say(lost, 'answer')).toEqual(four('web'));
    await close([...kept, ...lost]);
  });

  it('is judged again by its true address after an edit: the server speaks next', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [web])));
    await allow(FRIEND, FOE);
    const [kept, lost] = [await openFlows(FRIEND), await openFlows(FOE)];
    await allow(FRIEND);
    await web.talker.push();
    expect(await Promise.all(kept.map((flow) => flow.pushed(true)))).toEqual(four(true));
    expect(await Promise.all(lost.map((flow) => flow.pushed(false)))).toEqual(four(false));
    await close([...kept, ...lost]);
  });

  it('is judged by its true address where the pod may not open to anyone, too', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [web])));
    world.policy('closed', { ...selecting('web'), policyTypes: ['Egress'] });
    await allow(FRIEND);
    const [kept, lost] = [await openFlows(FRIEND), await openFlows(FOE, 'silence')];
    await close(lost);
    expect([kept.map(({ first }) => first), lost.map(({ first }) => first)]).toEqual([four('web'), four('silent')]);
    expect(await pushed(kept, true)).toEqual(four(true));
    await allow(FRIEND, FOE);
    expect(await pushed(kept, true)).toEqual(four(true));
    await allow(FOE);
    web.arrivals.take();
    expect([await say(kept, 'silence'), web.arrivals.take()]).toEqual([four('silent'), 0]);
    await close(kept);
  });

  it('keeps its address where the Service keeps to the node, and is judged by it', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [web]), { externalTrafficPolicy: 'Local' }));
    await allow(FRIEND);
    expect([await answersTo(FOE, 'silence'), web.arrivals.take()]).toEqual([four('silent'), 0]);
    expect(await answersTo(FRIEND, 'answer')).toEqual(four('web'));
    expect(Object.keys(await web.talker.visitors())).toEqual(expect.arrayContaining([FRIEND.v4, FRIEND.v6]));
  });

  it('that comes by a port of the node that is a container’s is judged likewise', async () => {
    world.proxy.openHostPorts({ protocol: 'TCP', port: 8000, addresses: [web.v4, web.v6], targetPort: POD_TCP_PORT });
    await allow(FRIEND);
    for (const family of FAMILIES) {
      const target = { host: world.address[family], port: 8000 };
      expect(await world.outside.talker.ask({ ...flowTo(target, 'TCP'), from: FOE[family] }, 'silence')).toBe('silent');
      expect(await world.outside.talker.ask({ ...flowTo(target, 'TCP'), from: FRIEND[family] }, 'answer')).toBe('web');
      expect(await other.talker.ask(flowTo(target, 'TCP'), 'silence')).toBe('silent');
    }
  });

  it('when isolation begins keeps its flow where the policy allows it, and loses it where it does not', async () => {
    world.proxy.put(serviceOfEveryKind(backendsOf(world, [web])));
    const [kept, lost] = [await openFlows(FRIEND), await openFlows(FOE)];
    await allow(FRIEND);
    expect([await say(lost, 'silence'), web.arrivals.take()]).toEqual([four('silent'), 0]);
    expect(await say(kept, 'answer')).toEqual(four('web'));
    expect(await pushed(kept, true)).toEqual(four(true));
    await close([...kept, ...lost]);
  });
});
