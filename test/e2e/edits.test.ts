/** Policies that are edited under traffic: what stays allowed loses no packet, what stays denied gets none through, what is denied from now on is cut. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { apps } from './support/manifests.ts';
import { Streams } from './support/streams.ts';
import { TCP_PORT, UDP_PORT, World, type WorldPod } from './support/world.ts';

const SELECT_WEB = { podSelector: { matchLabels: { app: 'web' } } };

describe.each([true, false])('policies edited under traffic, with br_netfilter %s', needsKernel, (bridgeNetfilter) => {
  let world: World;
  let agent: AgentProcess;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let other: WorldPod;

  beforeEach(async () => {
    world = new World({ plugin: 'bridge', bridgeNetfilter });
    [web, friend, foe, other] = await Promise.all([
      world.addPod('web'),
      world.addPod('friend'),
      world.addPod('foe'),
      world.addPod('other'),
    ]);
    world.policy('web', { ...SELECT_WEB, ingress: [{ from: apps('friend') }], egress: [{ to: apps('other') }] });
    agent = await world.settledAgent();
  });

  afterEach(() => {
    world[Symbol.dispose]();
  });

  it('leave alone what every version allows or denies', async () => {
    const ports = [{ port: TCP_PORT }, { port: UDP_PORT, protocol: 'UDP' }];
    const outside = { ipBlock: { cidr: '198.51.100.0/24' } };
    const everybodyButFoe = [
      { ipBlock: { cidr: '0.0.0.0/0', except: [`${foe.v4}/32`] } },
      { ipBlock: { cidr: '::/0', except: [`${foe.v6}/128`] } },
    ];
    const notFoe = [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['foe'] }] } }];
    const edits: object[] = [
      { ingress: [{ from: apps('friend', 'third') }], egress: [{ to: [...apps('other'), outside] }] },
      { ingress: [{ from: apps('friend'), ports }], egress: [{ to: apps('other'), ports }] },
      { ingress: [{ from: everybodyButFoe }], egress: [{ to: everybodyButFoe }] },
      { ingress: [{ from: notFoe }], egress: [{ to: notFoe }] },
      {
        ingress: [
          {
            from: [...notFoe, ...everybodyButFoe],
            ports: [
              { port: 1, endPort: 1000 },
              { port: UDP_PORT, protocol: 'UDP' },
            ],
          },
        ],
        egress: [{ to: notFoe }],
      },
      { ingress: [{ from: apps('friend') }], egress: [{ to: apps('other') }] },
    ];
    const streams = new Streams();
    await Promise.all([streams.allow(friend, web), streams.allow(web, other), streams.deny(foe, web), streams.deny(web, foe)]);
    await streams.begin();
    for (const edit of [...edits, ...edits]) {
      world.policy('web', { ...SELECT_WEB, policyTypes: ['Ingress', 'Egress'], ...edit });
      await sleep(60);
    }
    // One policy hands over to another, and pods get labels that mean the same.
    world.policy('web-2', { ...SELECT_WEB, ingress: [{ from: notFoe }], egress: [{ to: notFoe }] });
    await agent.settle();
    world.manifests.remove('policy-web.json');
    friend.tell({ labels: { app: 'renamed' } });
    other.tell({ labels: { app: 'other', tier: 'back' } });
    world.manifests.put('namespace.json', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop', labels: { team: 'red' } } });
    await agent.settle();
    await sleep(1500);
    await streams.expectUntouched();
  });

  it('cut what they deny, at its next packet, and let it in again when they allow it', async () => {
    const streams = new Streams({ countsLosses: false });
    await Promise.all([streams.allow(web, other), streams.deny(foe, web)]);
    await streams.begin();
    const [dead, alive] = [
      { ...SELECT_WEB, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: apps('nobody') }], egress: [{ to: apps('other') }] },
      { ...SELECT_WEB, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: apps('friend') }], egress: [{ to: apps('other') }] },
    ];
    await friend.traffic.start('held', 'held', web.v4, TCP_PORT, 50);
    await friend.traffic.start('datagrams', 'datagrams', web.v6, UDP_PORT, 50);
    await sleep(200);
    world.policy('web', dead);
    await agent.settle();
    const before = await heard(web, friend);
    await sleep(200);
    expect(await heard(web, friend)).toBe(before);
    expect(await friend.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    const [held, datagrams] = [await friend.traffic.stop('held'), await friend.traffic.stop('datagrams')];
    expect([held.answered > 5, held.answered < held.sent, datagrams.answered < datagrams.sent]).toEqual([true, true, true]);
    world.policy('web', alive);
    await agent.settle();
    expect(await friend.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    expect(await friend.traffic.reachesByDatagram(web.v6, UDP_PORT)).toBe(true);
    await streams.expectUntouched();
  });

  async function heard(at: WorldPod, from: WorldPod): Promise<number> {
    return (await at.traffic.ask({ op: 'heard' }))[from.v6] ?? 0;
  }
});
