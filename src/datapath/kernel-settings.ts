/** The single values that the programs read beside the tables. */

import { isIPv4, MAPPED } from '../model/ip.ts';
import type { Operation } from '../model/plan.ts';
import type { KernelMaps } from './kernel-maps.ts';
import { LAYOUT } from './layout.ts';
import type { DesiredState } from './port.ts';
import type { Setting } from './verify.ts';

/** The generation counter, as whoever holds it. */
export interface GenerationHolder {
  readonly generation: number;
  storeGeneration(generation: number): void;
  apply(operations: readonly Operation[]): void;
}

export function kernelSettings(holder: GenerationHolder, maps: KernelMaps, afterNat: boolean, desired: DesiredState): Setting[] {
  const slot = (member: 'prefix_families' | 'after_nat'): number => LAYOUT.runtime[member][0] / 4;
  const { families, permanent } = readPrefixes(desired);
  return [
    {
      name: 'generation',
      expected: desired.generation,
      found: holder.generation,
      mend: () => holder.storeGeneration(desired.generation),
    },
    {
      name: 'families with prefixes',
      expected: families,
      found: maps.runtime[slot('prefix_families')] ?? 0,
      // Whenever a prefix is put, the value is written anew.
      mend: () => holder.apply(permanent),
    },
    {
      name: 'Services judged after NAT',
      expected: Number(afterNat),
      found: maps.runtime[slot('after_nat')] ?? 0,
      mend: () => {
        maps.runtime[slot('after_nat')] = Number(afterNat);
      },
    },
  ];
}

/** As KernelMaps counts them: 1 IPv4, 2 IPv6. */
function readPrefixes(desired: DesiredState): { families: number; permanent: readonly Operation[] } {
  let families = 0;
  let permanent: readonly Operation[] = [];
  for (const operation of desired.operations('put-prefix')) {
    if (operation?.op !== 'put-prefix') continue;
    const { prefix, identity } = operation;
    const isPermanent = prefix.address === MAPPED.address && prefix.length === MAPPED.length;
    if (isPermanent) permanent = [operation];
    if (!isPermanent || identity !== 0) families |= prefix.length >= MAPPED.length && isIPv4(prefix.address) ? 1 : 2;
    if (families === 3 && permanent.length > 0) break;
  }
  return { families, permanent };
}
