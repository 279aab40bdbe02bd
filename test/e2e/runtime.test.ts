/** Pods of which the container runtime knows more than the API server. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeRuntime } from '../support/fake-runtime.ts';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { waitFor } from './support/eventually.ts';
import { apps } from './support/manifests.ts';
import { TCP_PORT, World, type WorldPod } from './support/world.ts';

describe('a pod that the container runtime tells of', needsKernel, () => {
  let world: World;
  let runtime: FakeRuntime;
  let agent: AgentProcess;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;

  beforeEach(async () => {
    world = new World();
    runtime = await FakeRuntime.start();
    [web, friend, foe] = await world.addPods('web', 'friend', 'foe');
    world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('friend') }] });
    agent = world.startAgent('--cri', `unix://${runtime.socket}`);
  });

  afterEach(() => {
    world[Symbol.dispose]();
    runtime[Symbol.dispose]();
  });

  function putSandbox({ name }: WorldPod, addresses: readonly string[], ready = true): void {
    // The uid is what a manifest without one gets.
    runtime.put({ id: name, pod: `shop/${name}`, uid: `Pod/shop/${name}`, addresses, ready });
    runtime.tellEvent();
  }

  async function isEnforced(pod: WorldPod): Promise<boolean> {
    return (await agent.status()).endpoints.some((endpoint) => endpoint.pod === `shop/${pod.name}`);
  }

  it('is enforced before the API server tells its addresses, and so is its peer', async () => {
    web.tell({ addresses: [] });
    friend.tell({ addresses: [] });
    await agent.settle();
    await waitFor(async () => (await agent.status()).cri?.healthy === true);
    expect(await isEnforced(web)).toBe(false);
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    putSandbox(web, [web.v4, web.v6]);
    putSandbox(friend, [friend.v4, friend.v6]);
    await waitFor(async () => (await isEnforced(web)) && (await isEnforced(friend)));
    for (const address of [web.v4, web.v6]) {
      expect(await foe.traffic.connects(address, TCP_PORT)).toBe(false);
      expect(await friend.traffic.connects(address, TCP_PORT)).toBe(true);
    }
  });

  it('lets go of its address when its sandbox has ended, and another pod has it at once', async () => {
    putSandbox(web, [web.v4, web.v6]);
    await agent.settle();
    await waitFor(() => isEnforced(web));
    const { v4, v6 } = web;
    web.destroy();
    putSandbox(web, [], false);
    await waitFor(async () => !(await isEnforced(web)));
    const heir = await world.addPod('heir', { quiet: true, addresses: [v4, v6] });
    heir.tell({ addresses: [], labels: { app: 'friend' } });
    putSandbox(heir, [v4, v6]);
    await waitFor(() => isEnforced(heir));
    expect(await foe.traffic.connects(v4, TCP_PORT)).toBe(true);
  });

  it('stays enforced while the runtime does not answer', async () => {
    putSandbox(web, [web.v4, web.v6]);
    web.tell({ addresses: [] });
    await agent.settle();
    await waitFor(() => isEnforced(web));
    runtime.stop();
    await waitFor(async () => (await agent.status()).cri?.healthy === false);
    await sleep(500);
    world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('foe') }] });
    await agent.settle();
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    expect(await friend.traffic.connects(web.v4, TCP_PORT)).toBe(false);
  });
});
