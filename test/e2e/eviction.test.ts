/** Flows whose rows are gone: evicted from a small table, emptied, flooded out, or forgotten by the kernel's own connection tracking. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { countFlows, evictFlows } from './support/conntrack-table.ts';
import { isolateWeb } from './support/isolated-web.ts';
import { countTracked, flushTracked } from './support/node-conntrack.ts';
import { sendSegments } from './support/raw-segments.ts';
import { EVERY_STREAM, Streams } from './support/streams.ts';
import { OTHER_PORT, World, type WorldPod } from './support/world.ts';

/** As few as an agent takes. */
const ROWS = 1024;
const FIRST_PORT = 10_000;

describe.each([false, true])('flows that are forgotten, with the kernel tracking connections: %s', needsKernel, (tracked) => {
  let world: World;
  let web: WorldPod;
  let friend: WorldPod;
  let foe: WorldPod;
  let other: WorldPod;

  beforeAll(async () => {
    world = new World({ plugin: 'bridge', bridgeNetfilter: tracked, tracked });
    [web, friend, foe, other] = await world.addPods('web', 'friend', 'foe', 'other');
    isolateWeb(world);
    await world.settledAgent('--conntrack-rows', String(ROWS));
  });

  afterAll(() => {
    world[Symbol.dispose]();
  });

  /** Without the kernel's tracking only a row explains replies to what the pod opened, and answers by UDP: those may be lost until the next question. */
  async function startStreams(): Promise<Streams> {
    const streams = new Streams();
    await Promise.all([
      streams.allow(friend, web, tracked ? EVERY_STREAM : ['connections', 'talk']),
      tracked ? streams.allow(web, other) : streams.endure(web, other),
      streams.deny(foe, web),
      streams.deny(web, foe),
    ]);
    if (!tracked) await streams.endure(friend, web);
    await streams.begin();
    return streams;
  }

  it('as evicted rows, again and again, recover by themselves', async () => {
    const streams = await startStreams();
    for (let round = 0; round < 10; round += 1) {
      expect(evictFlows(world)).toBeGreaterThan(3);
      await sleep(50);
    }
    await streams.expectUntouched();
  });

  it('under a flood of datagrams through the pod recover by themselves', async () => {
    const streams = await startStreams();
    // Each of them is a row of its own, in a table of 1,024.
    for (const host of [other.v4, other.v6]) await web.traffic.ask({ op: 'flood', host, count: 3000, firstPort: FIRST_PORT });
    expect(countFlows(world)).toBeLessThanOrEqual(ROWS);
    await sleep(200);
    await streams.expectUntouched();
  });

  it('under a flood of SYNs to the pod recover by themselves; those of a denied peer leave no row', async () => {
    const streams = await startStreams();
    const segments = Array.from({ length: 1000 }, (_, index) => ({ source: FIRST_PORT + index, destination: OTHER_PORT }));
    sendSegments({ from: friend, to: web, segments });
    await sleep(200);
    await streams.expectUntouched();
    evictFlows(world);
    sendSegments({ from: foe, to: web, segments });
    expect(countFlows(world)).toBeLessThan(50);
  });

  it("when the kernel's own tracking is flushed lose nothing that a row explains", async () => {
    const streams = await startStreams();
    expect(countTracked(world.node) > 3).toBe(tracked);
    for (let round = 0; round < 5; round += 1) {
      flushTracked(world.node);
      await sleep(50);
    }
    await streams.expectUntouched();
  });
});
