/** Run something while listening to every agent, and find the drop event that each of the probes caused. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Lab } from './lab.ts';
import type { DropEvent, ProbeRequest } from './types.ts';

/** An agent batches its events. */
const PATIENCE_MS = 1500;
/** The streams must be open before the first packet is sent. */
const OPENING_MS = 100;

/** `drops` in the order of the probes; undefined where no agent told of one in time. */
export async function collectDrops<T>(
  lab: Lab,
  work: () => Promise<T>,
  probes: readonly ProbeRequest[],
): Promise<{ readonly results: T; readonly drops: readonly (DropEvent | undefined)[] }> {
  const listening = new AbortController();
  const events: DropEvent[] = [];
  const streams = lab.nodes().map(async ({ name }) => {
    for await (const event of lab.events(name, listening.signal)) events.push(event);
  });
  try {
    await sleep(OPENING_MS);
    const results = await work();
    const find = (): readonly (DropEvent | undefined)[] => probes.map((probe) => events.find((event) => isAbout(lab, event, probe)));
    const deadline = performance.now() + PATIENCE_MS;
    while (find().includes(undefined) && performance.now() < deadline) await sleep(20);
    return { results, drops: find() };
  } finally {
    listening.abort();
    await Promise.allSettled(streams);
  }
}

/** By the packet, whichever side dropped it: `source` and `destination` may carry ports. */
function isAbout(lab: Lab, event: DropEvent, probe: ProbeRequest): boolean {
  const family = probe.family ?? 4;
  const from = lab.podAddress(probe.from, family);
  const to = probe.to.includes('/') ? lab.podAddress(probe.to, family) : probe.to;
  return hasAddress(event.source, from) && hasAddress(event.destination, to) && event.port === probe.port;
}

function hasAddress(text: string, address: string): boolean {
  return text === address || text.startsWith(`${address}:`) || text.startsWith(`[${address}]`);
}
