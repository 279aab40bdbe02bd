/** Counters with the reasons' names, those that are 0 left out. */

import type { EndpointCounters } from '../../../src/model/packet-event.ts';
import { REASONS } from '../../../src/model/reasons.ts';
import type { Direction } from '../../../src/model/verdict.ts';

export function reasonCounts({ packets }: EndpointCounters): Readonly<Record<Direction, Readonly<Record<string, number>>>> {
  const named = (counts: readonly number[]): Record<string, number> =>
    Object.fromEntries(REASONS.map(({ name }, index) => [name, counts[index] ?? 0] as const).filter(([, count]) => count > 0));
  return { ingress: named(packets.ingress), egress: named(packets.egress) };
}
