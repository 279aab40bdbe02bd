/** Pins that are missing, stale, half-written or somebody else's, met by an agent that starts over flows. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { needsKernel } from '../support/requires.ts';
import { waitFor } from './support/eventually.ts';
import { apps } from './support/manifests.ts';
import { Streams } from './support/streams.ts';
import { TCP_PORT, World, type WorldPod } from './support/world.ts';

const HASH = 1;
const ARRAY = 2;

describe('an agent that starts over flows', needsKernel, () => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;

  beforeEach(async () => {
    world = new World();
    [web, friend, foe] = await world.addPods('web', 'friend', 'foe');
    world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ from: apps('friend') }] });
    await (await world.settledAgent()).kill();
  });

  afterEach(() => {
    world[Symbol.dispose]();
  });

  function pinPath(name: string): string {
    return join(world.place.bpfRoot, name);
  }

  function pinForeign(name: string, type: number, keySize: number, valueSize: number): void {
    const map = native.mapCreate({ type, keySize, valueSize, maxEntries: 1, name: 'foreign' });
    rmSync(pinPath(name), { force: true });
    native.pin(map, pinPath(name));
    native.close(map);
  }

  const linkOfWeb = (): string => `links/${world.hostSideOf(web.netns)}_in`;

  it.each<[string, () => void]>([
    ['whose flow table lacks its header', () => rmSync(pinPath('conntrack_header'))],
    ['whose header lacks its flow table', () => rmSync(pinPath('conntrack'))],
    ['where another map stands for the flow table', () => pinForeign('conntrack', HASH, 24, 16)],
    ['where another map stands for the header', () => pinForeign('conntrack_header', ARRAY, 4, 8)],
    [
      'where a folder stands for the header',
      () => {
        rmSync(pinPath('conntrack_header'));
        mkdirSync(pinPath('conntrack_header'));
      },
    ],
    ["where a map stands for an interface's link", () => pinForeign(linkOfWeb(), HASH, 4, 4)],
    [
      "where another interface's link stands for one",
      () => {
        const name = linkOfWeb();
        rmSync(pinPath(name));
        renameSync(pinPath(`links/${world.hostSideOf(foe.netns)}_in`), pinPath(name));
      },
    ],
  ])('%s enforces, and keeps what the policy allows', async (_, spoil) => {
    const streams = new Streams();
    spoil();
    // Where a link's last pin is gone its program is off, until the agent comes.
    await streams.allow(friend, web, ['connections', 'talk']);
    await streams.begin();
    const agent = await world.settledAgent();
    const shut = new Streams();
    await shut.deny(foe, web);
    await sleep(300);
    await shut.expectUntouched();
    await streams.expectUntouched();
    expect((await agent.status()).endpoints).toHaveLength(3);
  });

  it('and cannot move out of the way what has the name of its table enforces all the same, and says so', async () => {
    const table = pinPath('conntrack');
    rmSync(table);
    mkdirSync(table);
    execFileSync('mount', ['-t', 'bpf', 'theirs', table]);
    const agent = world.startAgent();
    await waitFor(() => agent.log.includes('"code":"E_BPF_ROOT"'), 20_000);
    expect(await friend.traffic.connects(web.v4, TCP_PORT)).toBe(true);
    expect(await foe.traffic.connects(web.v4, TCP_PORT)).toBe(false);
    execFileSync('umount', [table]);
    await agent.settle();
    expect((await agent.status()).healthy).toBe(true);
  });
});
