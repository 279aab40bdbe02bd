/** What others change in the kernel's tables behind the agent's back is found, mended without a gap, and told. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { addressBytes, parseAddress } from '../../src/model/ip.ts';
import { needsKernel } from '../support/requires.ts';
import { ENFORCED, setUpDrift, type DriftStage } from './support/drift-stage.ts';
import { breakHooks, openMap, verify, verifyAsJson } from './support/drift.ts';
import { waitFor } from './support/eventually.ts';
import { endpointSliceObjects, serviceObject } from './support/proxy-service.ts';
import { Streams } from './support/streams.ts';
import { TALK_PORT, TCP_PORT, type World, type WorldPod } from './support/world.ts';

describe('drift', needsKernel, () => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let start: DriftStage['start'];
  let reached: DriftStage['reached'];

  beforeEach(async () => {
    ({ world, web, friend, foe, start, reached } = await setUpDrift());
  });
  afterEach(() => {
    world[Symbol.dispose]();
  });

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
