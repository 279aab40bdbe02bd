/** The container runtime is asked for sandboxes when something may have happened, and whatever it does nobody waits for it. */

import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SandboxWatch } from '../../../src/discovery/cri/sandbox-watch.ts';
import { formatAddress } from '../../../src/model/ip.ts';
import type { Sandbox } from '../../../src/model/sandbox.ts';
import { FakeRuntime, type FakeSandbox } from '../../support/fake-runtime.ts';

const WEB: FakeSandbox = { id: 'web-1', pod: 'shop/web', uid: 'u1', addresses: ['10.1.0.2', 'fd00::2'], createdAt: 1_700_000_000_000 };

describe('the watch of sandboxes', () => {
  let runtime: FakeRuntime;
  let watch: SandboxWatch | undefined;
  let told: (readonly Sandbox[] | undefined)[];
  let expecting: boolean;
  let logged: string[];

  beforeEach(async () => {
    runtime = await FakeRuntime.start();
    told = [];
    expecting = false;
    logged = [];
  });
  afterEach(() => {
    watch?.close();
    runtime[Symbol.dispose]();
  });

  function start(...sockets: readonly string[]): SandboxWatch {
    const log = (_fields: unknown, message: string): number => logged.push(message);
    watch = new SandboxWatch({
      sockets: sockets.length > 0 ? sockets : [runtime.socket],
      expecting: () => expecting,
      onSandboxes: (sandboxes) => told.push(sandboxes),
      log: { info: log, warn: log } as never,
    });
    return watch;
  }

  async function until(holds: () => boolean): Promise<void> {
    await expect.poll(holds, { timeout: 5000, interval: 5 }).toBe(true);
  }

  /** `shop/web u1 10.1.0.2 fd00::2` of each sandbox that was told last. */
  function last(): string[] {
    return (told.at(-1) ?? []).map(({ namespace, name, uid, addresses }) =>
      [`${namespace}/${name}`, uid, ...addresses.map(formatAddress)].join(' '),
    );
  }

  it('tells pod, uid, addresses of both families and the time of making', async () => {
    runtime.put(WEB);
    const { status } = start();
    expect(status.healthy).toBe(false);
    await until(() => told.length > 0);
    expect(last()).toEqual(['shop/web u1 10.1.0.2 fd00::2']);
    expect(told[0]?.[0]?.createdAt).toBe(WEB.createdAt);
    expect(watch!.status).toEqual({
      socket: runtime.socket,
      runtime: 'containerd v2.4.0',
      healthy: true,
      sandboxes: 1,
      events: true,
      problem: null,
    });
  });

  it('asks for the status of a sandbox once it has addresses no more', async () => {
    runtime.put(WEB);
    start();
    await until(() => told.length > 0);
    for (let round = 0; round < 3; round += 1) {
      watch!.look();
      await sleep(40);
    }
    expect(runtime.calls.filter((call) => call === 'PodSandboxStatus')).toHaveLength(1);
    expect(runtime.calls.filter((call) => call === 'ListPodSandbox').length).toBeGreaterThan(2);
    expect(told).toHaveLength(1);
  });

  it('leaves out sandboxes on the host network, and those that have no address yet', async () => {
    runtime.put({ ...WEB, hostNetwork: true });
    runtime.put({ ...WEB, id: 'db-1', pod: 'shop/db', addresses: [] });
    start();
    await until(() => told.length > 0);
    expect(last()).toEqual([]);
    runtime.put({ ...WEB, id: 'db-1', pod: 'shop/db', addresses: ['10.1.0.3'] });
    watch!.look();
    await until(() => last().length > 0);
    expect(last()).toEqual(['shop/db u1 10.1.0.3']);
  });

  it('tells that one has ended only when its network is gone', async () => {
    runtime.put(WEB);
    start();
    await until(() => told.length > 0);
    runtime.put({ ...WEB, ready: false });
    watch!.look();
    await sleep(100);
    expect(told).toHaveLength(1);
    runtime.put({ ...WEB, ready: false, addresses: [] });
    await until(() => told.length > 1);
    expect(last()).toEqual(['shop/web u1']);
    runtime.sandboxes.clear();
    watch!.look();
    await until(() => told.length > 2);
    expect(last()).toEqual([]);
  });

  it('hears of events, and asks at once', async () => {
    start();
    await until(() => runtime.calls.includes('GetContainerEvents'));
    // What follows the start has to be over, lest it be what is seen.
    await sleep(200);
    runtime.put(WEB);
    runtime.tellEvent();
    await until(() => last().length > 0);
  });

  it.each([
    { name: 'containerd', version: '1.7.27', listens: false },
    { name: 'containerd', version: 'v2.0.0', listens: true },
    { name: 'cri-o', version: '1.33.0', listens: true },
  ])('listens to events of $name $version: $listens', async ({ name, version, listens }) => {
    using other = await FakeRuntime.start({ name, version });
    start(other.socket);
    await until(() => watch!.status.healthy);
    await sleep(50);
    expect(other.calls.includes('GetContainerEvents')).toBe(listens);
    expect(watch!.status.events).toBe(listens);
    watch!.close();
  });

  it('asks again in growing pauses after something happened, and while a pod waits, else hardly ever', async () => {
    start();
    await until(() => watch!.status.healthy);
    const lists = (): number => runtime.calls.filter((call) => call === 'ListPodSandbox').length;
    let before = lists();
    await sleep(300);
    expect(lists()).toBe(before);
    watch!.look();
    await sleep(4000);
    expect(lists() - before).toBeGreaterThan(3);
    expect(lists() - before).toBeLessThan(30);
    before = lists();
    await sleep(1500);
    expect(lists()).toBe(before);
    expecting = true;
    watch!.look();
    await sleep(4000);
    before = lists();
    await until(() => lists() > before);
    await sleep(1500);
    expect(lists() - before).toBeLessThanOrEqual(3);
  });

  it('puts questions that come at one time together', async () => {
    start();
    await until(() => watch!.status.healthy);
    const before = runtime.calls.length;
    for (let at = 0; at < 100; at += 1) watch!.look();
    await sleep(20);
    expect(runtime.calls.length - before).toBeLessThanOrEqual(2);
  });

  it('uses the first socket that exists, and finds one that comes later', async () => {
    const none = `${runtime.socket}.none`;
    start(none, runtime.socket);
    await until(() => watch!.status.healthy);
    watch!.close();
    start(none);
    await sleep(50);
    expect(watch!.status).toMatchObject({ socket: null, healthy: false, problem: null });
    const late = await FakeRuntime.start({ socket: none });
    await until(() => watch!.status.healthy);
    late.stop();
  });

  it('goes on when a runtime that died is back, and keeps what it knew', async () => {
    runtime.put(WEB);
    start();
    await until(() => told.length > 0);
    runtime.stop();
    watch!.look();
    await until(() => !watch!.status.healthy && watch!.status.problem !== null);
    expect(watch!.status.problem).toContain('[E_CRI]');
    expect(told).toHaveLength(1);
    expect(existsSync(runtime.socket)).toBe(false);
    const next = await FakeRuntime.start({ socket: runtime.socket });
    next.put(WEB);
    next.put({ ...WEB, id: 'db-1', pod: 'shop/db', uid: 'u2', addresses: ['10.1.0.3'] });
    await until(() => told.length > 1);
    expect(last()).toEqual(['shop/web u1 10.1.0.2 fd00::2', 'shop/db u2 10.1.0.3']);
    expect(logged).toEqual(['container runtime answers', expect.stringContaining('does not answer'), 'container runtime answers']);
    next.stop();
  });

  it('sees at once that a runtime which told events has gone', async () => {
    start();
    await until(() => watch!.status.events);
    // Nothing is asked now for ten seconds.
    await sleep(2500);
    runtime.stop();
    const gone = performance.now();
    await until(() => watch!.status.problem !== null);
    expect(performance.now() - gone).toBeLessThan(4000);
  });

  it('gives a runtime that does not answer two seconds, and another try later', async () => {
    runtime.put(WEB);
    const { promise, resolve } = Promise.withResolvers<void>();
    runtime.hold = promise;
    start();
    await until(() => watch!.status.problem !== null);
    expect(told).toEqual([]);
    resolve();
    await until(() => told.length > 0);
    expect(watch!.status).toMatchObject({ healthy: true, problem: null });
  });
});
