/** Run something while listening to every agent, and find the drop event that each of the probes caused. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { NamedEvent } from '../../agent/drop-log.ts';
import type { Lab } from '../lab.ts';
import type { ProbeRequest } from '../types.ts';

/** An agent batches its events. */
const PATIENCE_MS = 1500;
/** The streams must be open before the first packet is sent. */
const OPENING_MS = 100;

/** `drops` in the order of the probes; undefined where no agent told of one in time. */
export async function collectDrops<T>(
  lab: Lab,
  work: () => Promise<T>,
  probes: readonly ProbeRequest[],
): Promise<{ readonly results: T; readonly drops: readonly (NamedEvent | undefined)[] }> {
  const listening = new AbortController();
  const events: NamedEvent[] = [];
  const streams = lab.nodes().map(async ({ name }) => {
    for await (const event of lab.events(name, listening.signal)) events.push(event);
  });
  // Handled from the start: an agent may end while nobody waits for its stream.
  const ended = Promise.allSettled(streams);
  try {
    await sleep(OPENING_MS);
    const results = await work();
    const find = (): readonly (NamedEvent | undefined)[] => probes.map((probe) => events.find((event) => isAbout(lab, event, probe)));
    const deadline = performance.now() + PATIENCE_MS;
    while (find().includes(undefined) && performance.now() < deadline) await sleep(20);
    return { results, drops: find() };
  } finally {
    listening.abort();
    await ended;
  }
}

/** By the packet, whichever side dropped it. */
function isAbout(lab: Lab, event: NamedEvent, probe: ProbeRequest): boolean {
  const family = probe.family ?? 4;
  const from = lab.podAddress(probe.from, family);
  const to = probe.to.includes('/') ? lab.podAddress(probe.to, family) : probe.to;
  return event.verdict === 'deny' && event.source === from && event.destination === to && event.port === probe.port;
}
