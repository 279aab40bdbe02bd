/** Hooks and pins that others take away, replace or stand in front of are found, mended without a gap, and told. */

import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { needsKernel } from '../support/requires.ts';
import { ENFORCED, setUpDrift, type DriftStage } from './support/drift-stage.ts';
import { breakHooks, verifyAsJson } from './support/drift.ts';
import { waitFor } from './support/eventually.ts';
import { listAttached } from './support/kernel-objects.ts';
import { Streams } from './support/streams.ts';
import type { World, WorldPod } from './support/world.ts';

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
});
