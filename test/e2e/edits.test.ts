/** Policies, labels and namespaces that are edited under traffic: what stays allowed loses no packet, what is denied gets none through. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps, namespaceObject } from './support/manifests.ts';
import { Streams } from './support/streams.ts';
import { TALK_PORT, TCP_PORT, UDP_PORT, World, type WorldOptions, type WorldPod } from './support/world.ts';

const WEB = { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress', 'Egress'] };
const ALL_PORTS = [{ port: TCP_PORT }, { port: TALK_PORT }, { port: UDP_PORT, protocol: 'UDP' }];

/** Peers by their label `app`, in and out. */
function between(from: readonly string[], to: readonly string[]): object {
  return { ...WEB, ingress: [{ from: apps(...from) }], egress: [{ to: apps(...to) }] };
}

const NODES: readonly (WorldOptions & { readonly title: string })[] = [
  { title: 'a bridge', plugin: 'bridge', bridgeNetfilter: false },
  { title: 'routes and tracked connections', plugin: 'ptp', tracked: true },
];

describe.each(NODES)('edits on a node with $title', needsKernel, (options) => {
  let world: World;
  let agent: AgentProcess;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let other: WorldPod;

  beforeAll(async () => {
    world = new World(options);
    [web, friend, foe, other] = await world.addPods('web', 'friend', 'foe', 'other');
    agent = await world.settledAgent();
  });

  beforeEach(async () => {
    for (const pod of [web, friend, foe, other]) pod.tell();
    await edit(between(['friend'], ['other']));
  });

  afterAll(() => {
    world[Symbol.dispose]();
  });

  async function edit(spec: object): Promise<void> {
    world.policy('web', spec);
    await agent.settle();
  }

  /** All that is given must be open from here on, and stay so. */
  async function expectOpen(...pairs: readonly (readonly [from: WorldPod, to: WorldPod])[]): Promise<void> {
    const streams = new Streams();
    await Promise.all(pairs.map(([from, to]) => streams.allow(from, to)));
    await streams.begin();
    await sleep(200);
    await streams.expectUntouched();
  }

  it('leave alone what every version allows or denies', async () => {
    const outside = { ipBlock: { cidr: '198.51.100.0/24' } };
    const everybodyButFoe = [
      { ipBlock: { cidr: '0.0.0.0/0', except: [`${foe.v4}/32`] } },
      { ipBlock: { cidr: '::/0', except: [`${foe.v6}/128`] } },
    ];
    const notFoe = [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['foe'] }] } }];
    const ranges = [
      { port: 1, endPort: 1000 },
      { port: UDP_PORT, protocol: 'UDP' },
    ];
    const edits: object[] = [
      { ingress: [{ from: apps('friend', 'third') }], egress: [{ to: [...apps('other'), outside] }] },
      { ingress: [{ from: apps('friend'), ports: ALL_PORTS }], egress: [{ to: apps('other'), ports: ALL_PORTS }] },
      { ingress: [{ from: everybodyButFoe }], egress: [{ to: everybodyButFoe }] },
      { ingress: [{ from: notFoe }], egress: [{ to: notFoe }] },
      { ingress: [{ from: [...notFoe, ...everybodyButFoe], ports: ranges }], egress: [{ to: notFoe }] },
      { ingress: [{ from: apps('friend') }], egress: [{ to: apps('other') }] },
    ];
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.allow(web, other), streams.deny(foe, web), streams.deny(web, foe)]);
    await streams.begin();
    for (const rules of edits) {
      world.policy('web', { ...WEB, ...rules });
      await sleep(60);
    }
    // One policy hands over to another, and pods get labels that mean the same.
    world.policy('web-2', { ...WEB, ingress: [{ from: notFoe }], egress: [{ to: notFoe }] });
    await agent.settle();
    world.manifests.remove('policy-web.json');
    friend.tell({ labels: { app: 'renamed' } });
    other.tell({ labels: { app: 'other', tier: 'back' } });
    world.manifests.put('namespace.json', namespaceObject('shop', { team: 'red' }));
    await agent.settle();
    // Rows that nobody needs any more are swept after a second.
    await sleep(1200);
    await streams.expectUntouched();
    world.manifests.remove('policy-web-2.json');
  });

  it('that narrow cut what they deny now, and nothing else', async () => {
    await edit(between(['friend', 'foe'], ['other', 'foe']));
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.allow(web, other), streams.doom(foe, web), streams.doom(web, foe)]);
    await streams.begin();
    await edit(between(['friend'], ['other']));
    streams.cut();
    await sleep(300);
    await streams.expectUntouched();
  });

  it('that widen let in what they allow now, and touch nothing else', async () => {
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.allow(web, other)]);
    const shut = new Streams();
    await Promise.all([shut.deny(foe, web), shut.deny(web, foe)]);
    await streams.begin();
    await sleep(300);
    await shut.expectUntouched();
    await edit(between(['friend', 'foe'], ['other', 'foe']));
    await expectOpen([foe, web], [web, foe]);
    world.manifests.remove('policy-web.json');
    await agent.settle();
    await expectOpen([other, web], [web, friend]);
    await streams.expectUntouched();
  });

  it('that swap one peer and one port for another cut the one, let in the other, and touch nothing else', async () => {
    const rules = (peer: string, port: number): object => ({
      ...WEB,
      ingress: [{ from: apps('other') }, { from: apps(peer) }, { from: apps('third'), ports: [{ port }] }],
      egress: [{ to: apps('other') }, { to: apps(peer) }],
    });
    await edit(rules('friend', TCP_PORT));
    const streams = new Streams();
    await Promise.all([streams.allow(other, web), streams.allow(web, other), streams.doom(friend, web), streams.doom(web, friend)]);
    const shut = new Streams();
    await Promise.all([shut.deny(foe, web), shut.deny(web, foe)]);
    await streams.begin();
    await sleep(300);
    await shut.expectUntouched();
    await edit(rules('foe', TALK_PORT));
    streams.cut();
    await expectOpen([foe, web], [web, foe]);
    await streams.expectUntouched();
    friend.tell({ labels: { app: 'third' } });
    await edit(rules('nobody', TCP_PORT));
    const ports = new Streams();
    await Promise.all([ports.allow(other, web), ports.doom(friend, web, ['connections'])]);
    await ports.begin();
    await edit(rules('nobody', TALK_PORT));
    ports.cut();
    await sleep(300);
    await ports.expectUntouched();
    expect(await friend.traffic.connects(web.v4, TALK_PORT)).toBe(true);
  });

  it("to a peer's labels cut its flows, or let it in, and touch no other peer", async () => {
    await edit(between(['friend', 'other'], ['friend', 'other']));
    const streams = new Streams();
    await Promise.all([streams.allow(other, web), streams.allow(web, other), streams.doom(friend, web), streams.doom(web, friend)]);
    await streams.begin();
    friend.tell({ labels: { app: 'stranger' } });
    await agent.settle();
    streams.cut();
    foe.tell({ labels: { app: 'friend' } });
    await agent.settle();
    await expectOpen([foe, web], [web, foe]);
    await streams.expectUntouched();
  });

  it("to a namespace's labels cut the flows of its pods, or let them in, and touch no other namespace", async () => {
    world.manifests.put('namespace-left.json', namespaceObject('left', { team: 'red' }));
    world.manifests.put('namespace-right.json', namespaceObject('right', { team: 'red' }));
    friend.tell({ namespace: 'left' });
    foe.tell({ namespace: 'right' });
    const red = [{ namespaceSelector: { matchLabels: { team: 'red' } } }];
    await edit({ ...WEB, ingress: [{ from: red }], egress: [{ to: red }] });
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.allow(web, friend), streams.doom(foe, web), streams.doom(web, foe)]);
    await streams.begin();
    world.manifests.put('namespace-right.json', namespaceObject('right', { team: 'blue' }));
    await agent.settle();
    streams.cut();
    await sleep(300);
    await streams.expectUntouched();
    world.manifests.put('namespace-right.json', namespaceObject('right', { team: 'red' }));
    await agent.settle();
    await expectOpen([foe, web], [web, foe]);
  });
});
