/** The single values that the programs read beside the tables. */

import type { KernelMaps } from './kernel-maps.ts';
import { LAYOUT } from './layout.ts';
import type { DesiredState } from './port.ts';
import type { Setting } from './verify.ts';

/** The generation counter, as whoever holds it. */
export interface GenerationHolder {
  readonly generation: number;
  storeGeneration(generation: number): void;
}

type Member = 'prefix_families' | 'trace_flows' | 'jiffies_per_second' | 'after_nat';

/** What this agent has told the programs of itself. */
export interface Told {
  readonly afterNat: boolean;
  readonly traceFlows: boolean;
  readonly jiffiesPerSecond: number;
}

export function setRuntime(maps: KernelMaps, member: Member, value: number): void {
  maps.runtime[LAYOUT.runtime[member][0] / 4] = value;
}

export function kernelSettings(holder: GenerationHolder, maps: KernelMaps, told: Told, desired: DesiredState): Setting[] {
  const runtime = (name: string, member: Member, expected: number): Setting => ({
    name,
    expected,
    found: maps.runtime[LAYOUT.runtime[member][0] / 4] ?? 0,
    mend: () => setRuntime(maps, member, expected),
  });
  return [
    {
      name: 'generation',
      expected: desired.generation,
      found: holder.generation,
      mend: () => holder.storeGeneration(desired.generation),
    },
    runtime('families with prefixes', 'prefix_families', maps.prefixFamilies),
    runtime('Services judged after NAT', 'after_nat', Number(told.afterNat)),
    runtime('flows are told', 'trace_flows', Number(told.traceFlows)),
    // Without it no row grows old.
    runtime('jiffies in a second', 'jiffies_per_second', told.jiffiesPerSecond),
  ];
}
