/** What others change in the kernel behind the agent's back is found, mended without a gap, and told. */

import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { addressBytes, parseAddress } from '../../src/model/ip.ts';
import { needsKernel } from '../support/requires.ts';
import type { AgentProcess } from './support/agent-process.ts';
import { breakHooks, openMap, verify, verifyAsJson } from './support/drift.ts';
import { waitFor } from './support/eventually.ts';
import { listAttached } from './support/kernel-objects.ts';
import { apps } from './support/manifests.ts';
import { endpointSliceObjects, serviceObject } from './support/proxy-service.ts';
import { Streams } from './support/streams.ts';
import { TALK_PORT, TCP_PORT, UDP_PORT, World, type WorldPod } from './support/world.ts';

describe('drift', needsKernel, () => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;

  beforeEach(async () => {
    world = new World();
    [web, friend, foe] = await world.addPods('web', 'friend', 'foe');
    world.policy('web', {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: apps('friend') }, { from: [{ ipBlock: { cidr: '198.51.100.0/24' } }], ports: [{ port: 80 }] }],
      egress: [{ to: apps('friend') }],
    });
  });
  afterEach(() => {
    world[Symbol.dispose]();
  });

  const start = (...options: readonly string[]): Promise<AgentProcess> => world.settledAgent('--verify-interval', '0', ...options);
  const reached = (): Promise<boolean[]> =>
    Promise.all([
      friend.traffic.connects(web.v4, TCP_PORT),
      foe.traffic.connects(web.v4, TCP_PORT),
      foe.traffic.reachesByDatagram(web.v6, UDP_PORT),
    ]);
  const ENFORCED = [true, false, false];

  it('that is none is told as a table of what was looked at', async () => {
    await start();
    const { code, output } = verify(world);
    expect(code).toBe(0);
    expect(output).toMatch(/^what +compared +differed +repaired/);
    for (const line of [/^pairs +[1-9]\d* +0 +0 /m, /^endpoints +3 +0 +0 /m, /^hooks +8 +0 +0 /m, /^pins +2 +0 +0 /m])
      expect(output).toMatch(line);
    expect(output).toMatch(/The kernel holds what the agent wants there \(compared in \d+ ms, at most \d+ ms in one piece\)\.\n$/);
    expect(verifyAsJson(world)).toMatchObject({ repair: true, drifts: [] });
  });

  it('cannot be asked for where no agent runs', () => {
    const { code, output } = verify(world);
    expect([code, output.includes('E_SOCKET')]).toEqual([2, true]);
    expect(verify(world, '--socket', '').code).toBe(2);
  });

  it('of rows is left alone when that is asked, else mended; flows that it let in are cut', async () => {
    const agent = await start();
    const streams = new Streams();
    await streams.allow(friend, web);
    await streams.begin();
    const ipcache = openMap(world, 'ipcache');
    const identity = new Uint8Array(8);
    native.mapGet(ipcache, addressBytes(parseAddress(friend.v4)), identity);
    native.mapPut(ipcache, addressBytes(parseAddress(foe.v4)), identity);
    native.close(ipcache);
    await foe.traffic.start('talk', 'talk', web.v4, TALK_PORT, 300);
    await waitFor(async () => (await web.traffic.ask({ op: 'heard' }))[foe.v4] !== undefined);
    const seen = verify(world, '--no-repair');
    expect(seen.code).toBe(1);
    expect(seen.output).toMatch(new RegExp(`ipcache (foreign|changed): ${foe.v4}\\n.*NOT repaired`));
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    const mended = verify(world);
    expect([mended.code, mended.output]).toEqual([
      1,
      expect.stringMatching(new RegExp(`ipcache (foreign|changed): ${foe.v4}\\n.*; repaired`)),
    ]);
    expect(await reached()).toEqual(ENFORCED);
    const talk = await foe.traffic.stop('talk');
    expect([talk.answered > 0, talk.answered < talk.sent, talk.closed]).toEqual([true, true, true]);
    expect(verify(world).code).toBe(0);
    await streams.expectUntouched();
    expect((await agent.status()).drift).toMatchObject({ found: [], repaired: 0, totals: { checks: 3, found: 2, repaired: 1 } });
    expect(agent.log).toMatch(/"level":40.*"code":"E_DRIFT".*"what":"ipcache".*; repaired"/);
  });

  it.each([
    ['ports', 'missing'],
    ['pairs', 'missing'],
    ['ipcache', 'missing'],
    ['prefixes', 'missing'],
    ['configs', 'changed'],
    ['endpoints', 'missing'],
  ])('of every row of %s is mended', async (name, kind) => {
    await start();
    const map = openMap(world, name);
    const { keys, values, count } = native.mapDump(map);
    const { keySize, valueSize } = native.mapInfo(map);
    for (let index = 0; index < count; index += 1) {
      const [key, value] = [
        keys.subarray(index * keySize, (index + 1) * keySize),
        values.subarray(index * valueSize, (index + 1) * valueSize),
      ];
      if (name === 'configs' || name === 'endpoints') {
        if (value.some((byte) => byte !== 0)) native.mapPut(map, key, new Uint8Array(valueSize));
      } else {
        native.mapDelete(map, key);
      }
    }
    native.close(map);
    const { drifts } = verifyAsJson(world);
    expect([...new Set(drifts.map(({ what, kind, repaired }) => `${what} ${kind} ${repaired}`))]).toEqual([`${name} ${kind} true`]);
    expect(verifyAsJson(world).drifts).toEqual([]);
    expect(await reached()).toEqual(ENFORCED);
  });

  it.each([
    ['unpin in', ['missing in']],
    ['unpin both', ['missing in', 'missing out']],
    ['detach out', ['severed out']],
    ['detach both', ['severed in', 'severed out']],
    ['replace', ['changed in', 'changed out']],
    ['stand in front', ['hidden in', 'hidden out']],
    ['stand behind', []],
  ] as const)('of tcx hooks: %s', async (what, kinds) => {
    await start();
    const streams = new Streams();
    await streams.allow(friend, web);
    await streams.begin();
    breakHooks(world, web, what);
    // The kernel takes a link off its hook a little after its last pin is gone.
    if (what === 'unpin in' || what === 'unpin both') await waitFor(() => listAttached(world).attached.length < 6);
    const ifindex = world.hostSideOf(web.netns);
    const { drifts } = verifyAsJson(world);
    expect(
      drifts.map(({ kind, where, repaired }) => [kind, where.split(' ')[0], where.split(' ')[1], where.split(' ')[3], repaired]),
    ).toEqual(kinds.map((each) => [each.split(' ')[0], 'interface', String(ifindex), each.split(' ')[1], true]));
    expect(verifyAsJson(world).drifts).toEqual([]);
    expect(await reached()).toEqual(ENFORCED);
    await streams.expectUntouched();
    const order = (hook: string): string[] =>
      listAttached(world)
        .attached.filter((program) => program.ifindex === ifindex && program.hook === hook)
        .map(({ name }) => name);
    const foreign = what.startsWith('stand') ? ['count_packet'] : [];
    await waitFor(() => order('in').length === 1 + foreign.length);
    expect([order('in'), order('out')]).toEqual([
      ['from_pod', ...foreign],
      ['to_pod', ...foreign],
    ]);
  });

  it('of tcx hooks is mended again and again, and the next agent takes over all the same', async () => {
    const agent = await start();
    const streams = new Streams();
    await streams.allow(friend, web);
    await streams.begin();
    for (let round = 0; round < 3; round += 1) {
      breakHooks(world, web, 'stand in front');
      const { drifts } = verifyAsJson(world);
      expect(drifts.map(({ kind, repaired }) => [kind, repaired])).toEqual([
        ['hidden', true],
        ['hidden', true],
      ]);
      expect(await reached()).toEqual(ENFORCED);
    }
    await agent.kill();
    await start();
    await streams.expectUntouched();
    expect(verifyAsJson(world).drifts).toEqual([]);
    expect(await reached()).toEqual(ENFORCED);
  });

  it.each([
    ['remove filter', 'missing', true],
    ['replace filter', 'changed', true],
    ['filter in front', 'hidden', false],
  ] as const)('of cls_bpf hooks: %s', async (what, kind, repaired) => {
    await start('--attach', 'tc');
    expect(verifyAsJson(world).drifts).toEqual([]);
    breakHooks(world, web, what);
    expect(verifyAsJson(world).drifts).toMatchObject([{ what: 'hooks', kind, repaired }]);
    expect(verifyAsJson(world).drifts).toHaveLength(repaired ? 0 : 1);
    // A filter in front may hide ours, so this is told and not taken for granted.
    if (repaired) expect(await reached()).toEqual(ENFORCED);
  });

  it('of a clsact qdisc that was made anew is mended at both hooks', async () => {
    await start('--attach', 'tc');
    const ifindex = world.hostSideOf(web.netns);
    const name =
      (JSON.parse(world.node.ip('-j link')) as { ifindex: number; ifname: string }[]).find((link) => link.ifindex === ifindex)?.ifname ??
      '';
    world.node.run('tc', ['qdisc', 'del', 'dev', name, 'clsact']);
    world.node.run('tc', ['qdisc', 'add', 'dev', name, 'clsact']);
    expect(verifyAsJson(world).drifts).toMatchObject([
      { kind: 'missing', repaired: true },
      { kind: 'missing', repaired: true },
    ]);
    expect(verifyAsJson(world).drifts).toEqual([]);
    expect(await reached()).toEqual(ENFORCED);
  });

  it.each([
    ['unpin forwarding', 'missing'],
    ['detach forwarding', 'severed'],
  ] as const)('of after_nat: %s', async (what, kind) => {
    await start();
    breakHooks(world, web, what);
    await sleep(200);
    const { drifts } = verifyAsJson(world);
    expect(drifts.map(({ kind, where, repaired }) => [kind, where, repaired])).toEqual([
      [kind, 'POST_ROUTING of IPv4', true],
      [kind, 'POST_ROUTING of IPv6', true],
    ]);
    expect(verifyAsJson(world).drifts).toEqual([]);
  });

  it('of single values is mended', async () => {
    await start();
    const runtime = openMap(world, 'runtime');
    const value = new Uint8Array(native.mapInfo(runtime).valueSize);
    native.mapGet(runtime, new Uint8Array(4), value);
    const before = Uint8Array.from(value);
    const [families = 0, trace = 0, jiffies = 0, afterNat = 0] = new Uint32Array(value.buffer, 0, 4);
    native.mapPut(runtime, new Uint8Array(4), new Uint8Array(value.length).fill(255, 0, 16));
    const drifts = verifyAsJson(world).drifts.map(({ what, where, expected, repaired }) => [what, where, Number(expected), repaired]);
    expect(drifts).toEqual([
      ['settings', 'families with prefixes', families, true],
      ['settings', 'Services judged after NAT', afterNat, true],
      ['settings', 'flows are told', trace, true],
      ['settings', 'jiffies in a second', jiffies, true],
    ]);
    native.mapGet(runtime, new Uint8Array(4), value);
    expect(value.subarray(0, 16)).toEqual(before.subarray(0, 16));
    native.close(runtime);
  });

  it('of frontends that are judged by their endpoints is mended', async () => {
    const backends = [friend, foe].flatMap(({ v4, v6 }) => [v4, v6].map((address) => ({ address, node: world.nodeName })));
    const service = {
      name: 'mixed',
      clusterIPs: ['10.96.0.7', 'fd00:96::7'],
      ports: [{ protocol: 'TCP', port: 80, targetPort: 80 }] as const,
      backends,
    };
    world.manifests.put('service.json', {
      apiVersion: 'v1',
      kind: 'List',
      items: [serviceObject(service), ...endpointSliceObjects(service)],
    });
    await start('--services', 'endpoints');
    for (const [name, size] of [
      ['frontends', 2],
      ['pairs', 0],
    ] as const) {
      const map = openMap(world, name);
      const { keys, count } = native.mapDump(map);
      expect(count).toBeGreaterThanOrEqual(size);
      native.mapDeleteBatch(map, keys, count);
      native.close(map);
      const { drifts } = verifyAsJson(world);
      expect(drifts).toHaveLength(count);
      for (const drift of drifts) expect(drift).toMatchObject({ what: name, kind: 'missing', repaired: true });
    }
    expect(verifyAsJson(world).drifts).toEqual([]);
  });

  it('of pins of after_nat that nobody needs: they go, and ours stay', async () => {
    await start();
    const links = join(world.place.bpfRoot, 'links');
    const own = readdirSync(links).filter((name) => name.startsWith('after_nat_'));
    const link = native.openPinned(join(links, own[0] ?? ''));
    native.pin(link, join(links, 'after_nat_2_77'));
    native.close(link);
    expect(verifyAsJson(world).drifts).toMatchObject([{ what: 'pins', kind: 'foreign', where: 'links/after_nat_2_77', repaired: true }]);
    expect(readdirSync(links).filter((name) => name.startsWith('after_nat_'))).toEqual(own);
    expect(verifyAsJson(world).drifts).toEqual([]);
  });

  it("of pins that have each other's names is mended, and no program leaves its hook", async () => {
    await start();
    const streams = new Streams();
    await streams.allow(friend, web);
    await streams.deny(foe, web);
    await streams.begin();
    const links = join(world.place.bpfRoot, 'links');
    const [one, two] = [web, friend].map(({ netns }) => join(links, `${world.hostSideOf(netns)}_in`)) as [string, string];
    renameSync(one, `${one}_between`);
    renameSync(two, one);
    renameSync(`${one}_between`, two);
    const attached = listAttached(world).attached.map(({ linkId }) => linkId);
    // Both are right once the first is.
    expect(verifyAsJson(world).drifts).toMatchObject([{ what: 'hooks', kind: 'changed', repaired: true }]);
    expect(listAttached(world).attached.map(({ linkId }) => linkId)).toEqual(attached);
    expect(verifyAsJson(world).drifts).toEqual([]);
    await streams.expectUntouched();
  });

  it("of pins: what is somebody else's under the name of ours is put aside, not away", async () => {
    const agent = await start();
    const { bpfRoot } = world.place;
    const name = `${world.hostSideOf(web.netns)}_in`;
    const map = native.mapCreate({ type: 1, keySize: 8, valueSize: 8, maxEntries: 16, name: 'foreign' });
    for (const path of [join('links', name), 'conntrack']) {
      rmSync(join(bpfRoot, path));
      native.pin(map, join(bpfRoot, path));
    }
    native.close(map);
    rmSync(join(bpfRoot, 'conntrack_header'));
    mkdirSync(join(bpfRoot, 'conntrack_header'));
    const drifts = verifyAsJson(world).drifts.map(({ what, kind, repaired }) => [what, kind, repaired]);
    expect(drifts).toEqual([
      ['hooks', 'changed', true],
      ['pins', 'changed', true],
      ['pins', 'changed', true],
    ]);
    expect(readdirSync(join(bpfRoot, 'aside')).toSorted()).toEqual([name, 'conntrack', 'conntrack_header'].toSorted());
    expect((await agent.status()).datapath).toMatchObject({ putAside: expect.arrayContaining([name]) as unknown });
    expect(await reached()).toEqual(ENFORCED);
    expect(verifyAsJson(world).drifts).toEqual([]);
  });

  it('of pins: those of the flow table are put back, those of nobody’s interface go', async () => {
    const agent = await start();
    const { bpfRoot } = world.place;
    for (const pin of ['conntrack', 'conntrack_header']) rmSync(join(bpfRoot, pin));
    const links = join(bpfRoot, 'links');
    const map = native.mapCreate({ type: 1, keySize: 8, valueSize: 8, maxEntries: 16, name: 'foreign' });
    native.pin(map, join(links, '999999_in'));
    native.close(map);
    expect(verifyAsJson(world).drifts.map(({ what, kind, where, repaired }) => [what, kind, where, repaired])).toEqual([
      ['pins', 'severed', 'interface 999999', true],
      ['pins', 'missing', 'conntrack', true],
      ['pins', 'missing', 'conntrack_header', true],
    ]);
    expect(readdirSync(links)).not.toContain('999999_in');
    await agent.kill();
    const next = await start();
    expect((await next.status()).datapath.tookOverFlows).toBe(true);
  });

  it('is found by the agent itself, in its own time', async () => {
    const agent = await world.settledAgent('--verify-interval', '0.3');
    await waitFor(async () => (await agent.status()).drift.totals.checks > 1);
    expect((await agent.status()).drift).toMatchObject({ found: [], repaired: 0 });
    breakHooks(world, web, 'detach both');
    const pairs = openMap(world, 'pairs');
    native.mapPut(pairs, new Uint8Array([1, 0, 0, 0, 99, 0, 0, 0]), new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]));
    native.close(pairs);
    await waitFor(async () => (await agent.status()).drift.totals.repaired === 3);
    await waitFor(async () => (await reached()).join() === ENFORCED.join());
    expect(agent.log.match(/"code":"E_DRIFT"/g)).toHaveLength(3);
    expect(agent.running).toBe(true);
  });
});
