/** The folder of manifests while the agent runs: files appear, change by rename and vanish; bad ones isolate what they select and nothing else. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { waitFor } from './support/eventually.ts';
import { apps, policyObject } from './support/manifests.ts';
import { TCP_PORT, UDP_PORT, World, type WorldPod } from './support/world.ts';

const SELECT_WEB = { podSelector: { matchLabels: { app: 'web' } } };

const UNREADABLE: readonly string[] = [
  // Broken YAML.
  'apiVersion: v1\nkind: [\n',
  // No text.
  Buffer.from([0xff, 0xfe, 0x00, 0xd8]).toString('latin1'),
  // A text that is no object.
  'just words\n',
  // A pod with a bad address.
  'apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nstatus: {podIPs: [{ip: 10.98.1.999}]}\n',
  // Thousands of aliases.
  `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'
    .split('')
    .map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[index]}`).join(',')}]`)
    .join('\n')}\n`,
  // Deep nesting.
  '['.repeat(100_000),
];

describe('a folder of manifests', needsKernel, () => {
  let world: World;
  let agent: AgentProcess;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;

  beforeEach(async () => {
    world = new World({ plugin: 'bridge' });
    [web, friend, foe] = await world.addPods('web', 'friend', 'foe');
    agent = await world.settledAgent();
  });

  afterEach(() => {
    world[Symbol.dispose]();
  });

  /** Who reaches web and foe, as the letters of friend and foe (or web). */
  async function reach(): Promise<{ web: string; foe: string }> {
    const [friendWeb, foeWeb, friendFoe, webFoe] = await Promise.all([
      friend.traffic.connects(web.v4, TCP_PORT),
      foe.traffic.connects(web.v6, TCP_PORT),
      friend.traffic.reachesByDatagram(foe.v6, UDP_PORT),
      web.traffic.connects(foe.v4, TCP_PORT),
    ]);
    return {
      web: `${friendWeb ? 'friend ' : ''}${foeWeb ? 'foe' : ''}`.trim(),
      foe: `${friendFoe ? 'friend ' : ''}${webFoe ? 'web' : ''}`.trim(),
    };
  }

  const OPEN = { web: 'friend foe', foe: 'friend web' };

  it('is followed without being asked: policies appear, change by rename and vanish', async () => {
    expect(await reach()).toEqual(OPEN);
    world.policy('web', { ...SELECT_WEB, ingress: [{ from: apps('friend') }] });
    await waitFor(async () => !(await foe.traffic.connects(web.v4, TCP_PORT)));
    expect(await reach()).toEqual({ ...OPEN, web: 'friend' });
    world.policy('web', { ...SELECT_WEB, ingress: [{ from: apps('foe') }] });
    await waitFor(() => foe.traffic.connects(web.v4, TCP_PORT));
    expect(await reach()).toEqual({ ...OPEN, web: 'foe' });
    world.manifests.rename('policy-web.json', 'another-name.yaml');
    await agent.settle();
    expect(await reach()).toEqual({ ...OPEN, web: 'foe' });
    world.manifests.remove('another-name.yaml');
    await waitFor(() => friend.traffic.connects(web.v4, TCP_PORT));
    expect(await reach()).toEqual(OPEN);
  });

  it('may change the labels of pods and namespaces', async () => {
    const peer = { namespaceSelector: { matchLabels: { team: 'red' } }, podSelector: { matchLabels: { app: 'friend' } } };
    world.policy('web', { ...SELECT_WEB, ingress: [{ from: [peer] }] });
    await agent.settle();
    expect((await reach()).web).toBe('');
    world.manifests.put('namespace.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n  labels: {team: red}\n');
    await agent.settle();
    expect((await reach()).web).toBe('friend');
    friend.tell({ labels: { app: 'stranger' } });
    foe.tell({ labels: { app: 'friend' } });
    await agent.settle();
    expect((await reach()).web).toBe('foe');
  });

  it('with a policy that is not valid isolates its selection, names file and line, and touches no neighbour', async () => {
    const lines = [
      'apiVersion: networking.k8s.io/v1',
      'kind: NetworkPolicy',
      'metadata: {name: bad, namespace: shop}',
      'spec:',
      '  podSelector: {matchLabels: {app: web}}',
    ];
    world.manifests.put('bad.yaml', [...lines, '  ingress:', '  - ports:', '    - port: 70000', ''].join('\n'));
    await agent.settle();
    expect(await reach()).toEqual({ web: '', foe: 'friend web' });
    const status = await agent.status();
    expect(status.policies).toMatchObject([
      { policy: 'shop/bad', valid: false, problems: [expect.stringMatching(/bad\.yaml:8\b.*70000/s)] },
    ]);
    expect(agent.log).toMatch(/bad\.yaml:8/);
    world.manifests.put('bad.yaml', [...lines, '  ingress:', '  - ports:', '    - port: 80', ''].join('\n'));
    await agent.settle();
    expect(await reach()).toEqual(OPEN);
    expect((await agent.status()).policies).toMatchObject([{ policy: 'shop/bad', valid: true, problems: [] }]);
  });

  it('that cannot be read in part leaves everything else in force, while the agent runs and at a first start', async () => {
    world.policy('web', { ...SELECT_WEB, ingress: [{ from: apps('friend') }] });
    for (const [index, text] of UNREADABLE.entries()) {
      world.manifests.put(`bad-${index}.yaml`, text);
      await agent.settle();
    }
    await expectOnlyFriendAndComplaints();
    await agent.kill();
    expect(world.uninstall().code).toBe(0);
    agent = await world.settledAgent();
    await expectOnlyFriendAndComplaints();
    await mend();
  });

  it("that cannot be read in part leaves an earlier agent's programs in force until it is mended", async () => {
    world.policy('web', { ...SELECT_WEB, ingress: [{ from: apps('friend') }] });
    await agent.settle();
    await agent.kill();
    world.manifests.put('policy-web.json', '{');
    agent = world.startAgent();
    await expect(agent.settle()).rejects.toThrow(/E_INCOMPLETE/);
    expect(await reach()).toEqual({ web: 'friend', foe: 'friend web' });
    await mend();
  });

  async function expectOnlyFriendAndComplaints(): Promise<void> {
    expect(await reach()).toEqual({ web: 'friend', foe: 'friend web' });
    const { healthy, source } = await agent.status();
    expect(healthy).toBe(false);
    for (const index of UNREADABLE.keys()) expect(source.problems).toContainEqual(expect.stringContaining(`bad-${index}.yaml`));
  }

  async function mend(): Promise<void> {
    for (const index of UNREADABLE.keys()) world.manifests.remove(`bad-${index}.yaml`);
    world.policy('web', { ...SELECT_WEB, ingress: [{ from: apps('foe') }] });
    await agent.settle();
    expect(await reach()).toEqual({ web: 'foe', foe: 'friend web' });
    expect((await agent.status()).healthy).toBe(true);
  }

  it('with a policy that does not say whom it selects is not healthy, and selects nothing by it', async () => {
    world.policy('lost', { podSelector: 7 });
    await agent.settle();
    expect(await reach()).toEqual(OPEN);
    const { healthy, policies } = await agent.status();
    expect([healthy, policies]).toMatchObject([
      false,
      [{ policy: 'shop/lost', valid: false, problems: [expect.stringContaining('policy-lost.json:')] }],
    ]);
  });

  it('keeps the last good version of a file that is written badly, and says so', async () => {
    world.policy('web', { ...SELECT_WEB, ingress: [{ from: apps('friend') }] });
    await agent.settle();
    world.manifests.put('policy-web.json', `${JSON.stringify(policyObject('web', SELECT_WEB))}\n}`);
    await agent.settle();
    expect((await reach()).web).toBe('friend');
    const { healthy, source } = await agent.status();
    expect([healthy, source.problems]).toEqual([false, [expect.stringContaining('policy-web.json:2')]]);
  });
});
