/** New pods where the chained CNI plugin is installed: none gets a packet through that policies deny, whatever the agent does meanwhile. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { CniChain, type ChainOutcome, type ChainPod } from './support/cni-chain.ts';
import { waitFor } from './support/eventually.ts';
import { apps, podObject } from './support/manifests.ts';
import { Traffic } from './support/traffic.ts';
import { TCP_PORT, World, type WorldPod } from './support/world.ts';

const TIMEOUT_MS = 60_000;

interface NewPod extends ChainPod {
  readonly traffic: Traffic;
}

describe('a new pod', needsKernel, () => {
  let world: World;
  let chain: CniChain;
  let agent: AgentProcess;
  let server: WorldPod;
  let pods: NewPod[];

  beforeEach(async () => {
    world = new World();
    pods = [];
    [server] = await world.addPods('server');
    world.policy('new', {
      podSelector: { matchLabels: { part: 'new' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: apps('server') }],
    });
    world.policy('other', { podSelector: { matchLabels: { app: 'other' } }, policyTypes: ['Egress'], egress: [{ to: apps('server') }] });
    chain = new CniChain(world.node, world.place.socket);
    agent = await world.settledAgent();
  });

  afterEach(async () => {
    for (const pod of pods) {
      pod.traffic[Symbol.dispose]();
      await chain.del(pod);
    }
    world[Symbol.dispose]();
    chain[Symbol.dispose]();
  });

  /** Its process runs, and waits for a network. */
  async function make(name: string): Promise<NewPod> {
    const netns = world.addNamespace();
    const pod = { netns, name, uid: `uid-${name}`, traffic: new Traffic(netns.path) };
    await pod.traffic.ask({ op: 'serve', echo: [TCP_PORT], talk: [], udp: [] });
    pods.push(pod);
    return pod;
  }

  /** As the API server tells it before it has an address. */
  function tell({ name, uid }: NewPod, labels: Readonly<Record<string, string>> = { part: 'new' }): void {
    world.manifests.put(`pod-${name}.json`, podObject({ name, node: world.nodeName, addresses: [], uid, labels, phase: 'Pending' }));
  }

  async function expectDenied(pod: NewPod): Promise<void> {
    const reached = await Promise.all([server.v4, server.v6].map((address) => pod.traffic.connects(address, TCP_PORT)));
    expect(reached).toEqual([false, false]);
  }

  const errorOf = ({ output }: ChainOutcome): unknown => JSON.parse(output);

  it('is isolated at its first instruction, and what policies allow works', async () => {
    const [web, other] = [await make('web'), await make('other')];
    tell(web);
    tell(other, { app: 'other' });
    expect(await chain.add(web)).toMatchObject({ code: 0 });
    await expectDenied(web);
    for (const address of chain.addressesOf(web)) expect(await server.traffic.connects(address, TCP_PORT)).toBe(true);
    expect(await chain.add(other)).toMatchObject({ code: 0 });
    expect(await other.traffic.connects(server.v4, TCP_PORT)).toBe(true);
    expect(await other.traffic.connects(chain.addressesOf(web)[0] ?? '', TCP_PORT)).toBe(false);
  });

  it('gets the result of the plugins before, unchanged', async () => {
    const web = await make('web');
    tell(web);
    const before = await chain.attach(web);
    expect(JSON.parse((await chain.ask('ADD', web)).output)).toEqual(JSON.parse(before.output));
  });

  it(
    'waits for an agent that is killed meanwhile, and for one that comes late',
    async () => {
      const [web, late] = [await make('web'), await make('late')];
      await chain.attach(web);
      const asked = chain.ask('ADD', web);
      await sleep(300);
      await agent.kill();
      await sleep(300);
      tell(web);
      tell(late);
      const askedLate = chain.add(late);
      await sleep(1500);
      agent = world.startAgent();
      const [outcome, outcomeLate] = await Promise.all([asked, askedLate]);
      expect([outcome.code, outcomeLate.code]).toEqual([0, 0]);
      await expectDenied(web);
      await expectDenied(late);
      expect(outcome.ms).toBeGreaterThan(1500);
    },
    TIMEOUT_MS,
  );

  it(
    'does not start without an agent, and ends all the same',
    async () => {
      await agent.kill();
      const web = await make('web');
      tell(web);
      const [outcome, check, status] = await Promise.all([chain.add(web), chain.ask('CHECK', web), chain.ask('STATUS')]);
      expect(errorOf(outcome)).toEqual({
        cniVersion: '1.0.0',
        code: 11,
        msg: expect.stringContaining(`no agent of Postern answers at ${world.place.socket} for 30000 ms`) as string,
        details: expect.stringContaining('postern cni remove') as string,
      });
      // Who has started is enforced without an agent, too.
      expect(check).toMatchObject({ code: 0, output: '' });
      expect(errorOf(status)).toMatchObject({ code: 50 });
      expect(await chain.del(web)).toMatchObject({ code: 0 });
    },
    TIMEOUT_MS,
  );

  it('is checked by what is in force, and lets go of its addresses when it ends', async () => {
    const web = await make('web');
    tell(web);
    expect((await chain.ask('CHECK', web)).code).toBe(1);
    await chain.add(web);
    expect(await chain.ask('CHECK', web)).toMatchObject({ code: 0, output: '' });
    expect(await chain.ask('STATUS')).toMatchObject({ code: 0, output: '' });
    expect(await chain.del(web)).toMatchObject({ code: 0 });
    await waitFor(async () => !(await agent.status()).endpoints.some(({ pod }) => pod === 'shop/web'));
    expect((await chain.ask('CHECK', web)).code).toBe(1);
    expect(await chain.del(web)).toMatchObject({ code: 0 });
  });

  it('may ask for the versions and for collection without an agent', async () => {
    await agent.kill();
    expect(errorOf(await chain.ask('VERSION'))).toEqual({
      cniVersion: '1.0.0',
      supportedVersions: ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'],
    });
    expect(await chain.ask('GC')).toMatchObject({ code: 0, output: '' });
  });

  it('is not delayed noticeably', async () => {
    const several = await Promise.all(Array.from({ length: 12 }, (_, index) => make(`pod-${index}`)));
    for (const [index, pod] of several.entries()) tell(pod, index % 2 === 0 ? { part: 'new' } : { part: 'unselected' });
    const times: number[] = [];
    for (const pod of several) {
      const { code, ms } = await chain.add(pod);
      expect(code).toBe(0);
      times.push(ms);
    }
    const sorted = times.toSorted((a, b) => a - b);
    console.log(`ADD of the plugin: median ${sorted[6]?.toFixed(0)} ms, longest ${sorted.at(-1)?.toFixed(0)} ms`);
    expect(sorted[6]).toBeLessThan(500);
    for (const [index, pod] of several.entries()) expect(await pod.traffic.connects(server.v4, TCP_PORT)).toBe(index % 2 === 1);
  });
});

describe('with another form of results', needsKernel, () => {
  it.each(['0.3.1', '0.4.0'])('ADD answers in that of version %s', async (version) => {
    using world = new World();
    using chain = new CniChain(world.node, world.place.socket, version);
    await world.settledAgent();
    const pod = { netns: world.addNamespace(), name: 'web', uid: 'uid-web' };
    const before = await chain.attach(pod);
    const outcome = await chain.ask('ADD', pod);
    expect(JSON.parse(outcome.output)).toEqual(JSON.parse(before.output));
    expect(await chain.del(pod)).toMatchObject({ code: 0 });
  });
});
