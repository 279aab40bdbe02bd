/** `agent uninstall` takes away all that is ours and nothing else; foreign programs and files are never touched. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { uninstallAgent } from './support/agent-process.ts';
import { findSurvivors, listAttached } from './support/kernel-objects.ts';
import { TCP_PORT, World, type WorldPod } from './support/world.ts';

const ISOLATE_WEB = { podSelector: { matchLabels: { app: 'web' } }, ingress: [] };

describe('agent uninstall', needsKernel, () => {
  let world: World;
  let web: WorldPod;
  let client: WorldPod;

  beforeEach(async () => {
    world = new World();
    [web, client] = await world.addPods('web', 'client');
    world.policy('web', ISOLATE_WEB);
  });

  afterEach(() => {
    world[Symbol.dispose]();
  });

  function isMounted(): boolean {
    return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${world.place.bpfRoot} `);
  }

  it.each(['tcx', 'tc'])('leaves no program, link, map, pin or mount of an agent that attached by %s', async (way) => {
    const agent = await world.settledAgent('--attach', way);
    await agent.kill();
    const before = listAttached(world);
    expect(before.attached.map(({ name, hook, linkId }) => [name, hook, linkId > 0])).toEqual(
      Array.from({ length: 2 }, () => [
        ['from_pod', 'in', way === 'tcx'],
        ['to_pod', 'out', way === 'tcx'],
      ]).flat(),
    );
    expect(before.mapIds.length).toBeGreaterThan(8);
    expect(await client.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    expect(isMounted()).toBe(true);

    const { code, output } = world.uninstall();
    expect([code, output]).toEqual([0, expect.stringContaining('2 interfaces')]);
    expect(await findSurvivors(before)).toEqual([]);
    expect(listAttached(world).attached).toEqual([]);
    expect(isMounted()).toBe(false);
    expect(existsSync(world.place.bpfRoot)).toBe(false);
    expect(existsSync(`${world.place.bpfRoot}.lock`)).toBe(false);
    expect(await client.traffic.connects(web.v4, TCP_PORT)).toBe(true);
  });

  it('may be run twice, and where there never was an agent', () => {
    expect(world.uninstall()).toEqual({ code: 0, output: expect.stringContaining('0 interfaces') });
    expect(world.uninstall()).toEqual({ code: 0, output: expect.stringContaining('0 interfaces') });
  });

  it('says no while an agent runs', async () => {
    const agent = await world.settledAgent();
    const { code, output } = world.uninstall();
    expect([code, output]).toEqual([1, expect.stringContaining('another agent holds')]);
    expect(agent.running).toBe(true);
    expect(await client.traffic.connects(web.v4, TCP_PORT)).toBe(false);
  });

  it('is followed by a start as if nothing had been', async () => {
    await (await world.settledAgent()).kill();
    world.uninstall();
    const agent = await world.settledAgent();
    expect((await agent.status()).datapath.tookOverFlows).toBe(false);
    expect(await client.traffic.connects(web.v4, TCP_PORT)).toBe(false);
  });

  it('leaves a file system that it did not mount, and what others pinned there', async () => {
    const shared = join(world.place.bpfRoot, '..', 'shared');
    mkdirSync(shared);
    execFileSync('mount', ['-t', 'bpf', 'bpf', shared]);
    const root = join(shared, 'postern');
    mkdirSync(join(root, 'theirs'), { recursive: true });
    const before = readdirSync(shared);
    const place = { ...world.place, bpfRoot: root };
    const agent = world.startAgent('--bpf-root', root);
    await agent.settle();
    await agent.kill();
    expect(readdirSync(root).toSorted()).toEqual(['conntrack', 'conntrack_header', 'links', 'past', 'theirs']);
    const { code } = uninstallAgent(place);
    expect(code).toBe(0);
    expect(readdirSync(root)).toEqual(['theirs']);
    // The root itself may be somebody's mount.
    const direct = world.startAgent('--bpf-root', shared);
    await direct.settle();
    await direct.kill();
    expect(uninstallAgent({ ...place, bpfRoot: shared }).code).toBe(0);
    // The kernel itself may have put iterators at the top (CONFIG_BPF_PRELOAD).
    expect(readdirSync(shared)).toEqual(before);
  });

  it('and everything before it leaves foreign programs on the interface of a pod', async () => {
    const pins = join(world.place.bpfRoot, '..', 'foreign');
    mkdirSync(pins);
    execFileSync('mount', ['-t', 'bpf', 'bpf', pins]);
    const script = new URL('scenarios/add-foreign.ts', import.meta.url).pathname;
    world.node.run(process.execPath, [script, String(world.hostSideOf(web.netns)), pins]);
    const listForeign = (): unknown[] => listAttached(world).attached.filter(({ name }) => name === 'answer_plain');
    const before = listForeign();
    expect(before).toHaveLength(4);
    const agent = await world.settledAgent();
    expect(await client.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    expect(listForeign()).toEqual(before);
    await agent.kill();
    const second = await world.settledAgent('--attach', 'tc');
    expect(await client.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    expect(listForeign()).toEqual(before);
    web.tell({ node: 'elsewhere' });
    await second.settle();
    expect(listForeign()).toEqual(before);
    web.tell();
    await second.settle();
    await second.kill();
    expect(world.uninstall().code).toBe(0);
    expect(listForeign()).toEqual(before);
  });
});
