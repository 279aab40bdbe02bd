/** Services across nodes: backends of another node, node ports of another node, clients that another node has masqueraded. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps } from './support/manifests.ts';
import { Outside, outsideAddresses } from './support/proxy-outside.ts';
import { flowTo, four, fourWays, frontend, FRONTEND_KINDS, serviceOfEveryKind, type Family } from './support/proxy-frontends.ts';
import type { Reply, TalkFlow } from './support/proxy-talker.ts';
import { backendsOf, ProxyWorld, selecting, type TalkingPod } from './support/proxy-world.ts';

describe('with two nodes', needsKernel, () => {
  let outside: Outside;
  let near: ProxyWorld;
  let far: ProxyWorld;
  let agents: AgentProcess[];
  let client: TalkingPod;
  let neighbour: TalkingPod;
  let friend: TalkingPod;
  let foe: TalkingPod;

  beforeAll(async () => {
    outside = new Outside();
    near = new ProxyWorld({ plugin: 'bridge', index: 1, outside });
    far = new ProxyWorld({ plugin: 'ptp', index: 2, outside });
    [[client, neighbour], [friend, foe]] = await Promise.all([near.addPods('client', 'neighbour'), far.addPods('friend', 'foe')]);
    near.tellOf(far);
    far.tellOf(near);
    agents = await Promise.all([near.world.settledAgent(), far.world.settledAgent()]);
  });

  afterEach(async () => {
    await near.clear();
    await far.clear();
    await settle();
  });
  afterAll(() => {
    near[Symbol.dispose]();
    far[Symbol.dispose]();
    outside[Symbol.dispose]();
  });

  async function settle(): Promise<void> {
    await Promise.all(agents.map((agent) => agent.settle()));
    for (const { arrivals } of [client, neighbour, friend, foe]) arrivals.take();
  }

  /** Both nodes are told the same. */
  async function enforce(app: string, spec: object): Promise<void> {
    for (const each of [near, far]) each.policy(app, { ...selecting(app), ...spec });
    await settle();
  }

  function put(...backends: readonly (readonly [ProxyWorld, TalkingPod])[]): void {
    const service = serviceOfEveryKind(backends.flatMap(([world, pod]) => backendsOf(world, [pod])));
    for (const each of [near, far]) each.proxy.put(service);
  }

  it.each(FRONTEND_KINDS)('a backend of another node is judged where the client runs, by %s', async (kind) => {
    put([far, friend], [far, foe]);
    await enforce('client', { policyTypes: ['Ingress', 'Egress'], egress: [{ to: apps('friend') }] });
    const ask = (backend: number, awaited: Reply): Promise<string[]> =>
      fourWays((protocol, family) => client.talker.ask(flowTo(frontend(kind, family, near), protocol, backend), awaited));
    expect(await Promise.all([ask(0, 'answer'), ask(1, 'silence')])).toEqual([four('friend'), four('silent')]);
    expect(foe.arrivals.take()).toBe(0);
  });

  it('a backend that is isolated judges a client of another node by the pod that it is', async () => {
    put([far, friend]);
    await enforce('friend', { ingress: [{ from: apps('client') }] });
    const ask = (pod: TalkingPod, awaited: Reply): Promise<string[]> =>
      fourWays((protocol, family) => pod.talker.ask(flowTo(frontend('ClusterIP', family, near), protocol), awaited));
    expect(await ask(client, 'answer')).toEqual(four('friend'));
    friend.arrivals.take();
    expect([await ask(neighbour, 'silence'), friend.arrivals.take()]).toEqual([four('silent'), 0]);
  });

  it('a node port of another node is that node’s own address, whatever its backend', async () => {
    put([far, friend], [near, neighbour]);
    await enforce('client', { policyTypes: ['Egress'], egress: [{ to: apps('friend', 'neighbour') }] });
    const ask = (backend: number, awaited: Reply): Promise<string[]> =>
      fourWays((protocol, family) => client.talker.ask(flowTo(frontend('NodePort', family, far), protocol, backend), awaited));
    expect(await Promise.all([ask(0, 'silence'), ask(1, 'silence')])).toEqual([four('silent'), four('silent')]);
    const blocks = [{ ipBlock: { cidr: `${far.address.v4}/32` } }, { ipBlock: { cidr: `${far.address.v6}/128` } }];
    await enforce('client', { policyTypes: ['Egress'], egress: [{ to: blocks }] });
    expect([await ask(0, 'answer'), await ask(1, 'answer')]).toEqual([four('friend'), four('neighbour')]);
  });

  it('a client that another node has masqueraded is judged by that node’s address, and is not taken for the own node', async () => {
    put([near, client]);
    const { v4, v6 } = outsideAddresses(2);
    const ask = (awaited: Readonly<Record<Family, Reply>>): Promise<string[]> =>
      fourWays((protocol, family) =>
        outside.talker.ask({ ...flowTo(frontend('NodePort', family, far), protocol), from: family === 'v4' ? v4 : v6 }, awaited[family]),
      );
    await enforce('client', { ingress: [] });
    expect([await ask({ v4: 'silence', v6: 'silence' }), client.arrivals.take()]).toEqual([four('silent'), 0]);
    await enforce('client', { ingress: [{ from: [{ ipBlock: { cidr: `${far.address.v4}/32` } }] }] });
    expect(await ask({ v4: 'answer', v6: 'silence' })).toEqual(['client', 'silent', 'client', 'silent']);
  });

  it('an edit cuts a flow to a backend of another node, whoever speaks next', async () => {
    put([far, friend], [far, foe]);
    await enforce('client', { policyTypes: ['Ingress', 'Egress'], egress: [{ to: apps('friend', 'foe') }] });
    const open = (backend: number): Promise<TalkFlow[]> =>
      fourWays((protocol, family) => client.talker.open(flowTo(frontend('NodePort', family, near), protocol, backend), 'answer'));
    const [kept, lost, silenced] = [await open(0), await open(1), await open(1)];
    await enforce('client', { policyTypes: ['Ingress', 'Egress'], egress: [{ to: apps('friend') }] });
    await Promise.all([friend.talker.push(), foe.talker.push()]);
    expect(await Promise.all(kept.map((flow) => flow.pushed(true)))).toEqual([true, true, true, true]);
    expect(await Promise.all(silenced.map((flow) => flow.pushed(false)))).toEqual([false, false, false, false]);
    foe.arrivals.take();
    expect(await Promise.all(kept.map((flow) => flow.say('answer')))).toEqual(four('friend'));
    expect(await Promise.all(lost.map((flow) => flow.say('silence')))).toEqual(four('silent'));
    for (const flow of [...kept, ...lost, ...silenced]) await flow.close();
  });
});
