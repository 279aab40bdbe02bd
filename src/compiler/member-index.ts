/** Finds the addresses and prefixes under a prefix without looking at all of them. */

import { isIPv4, MAPPED, maskAddress, type Address, type Prefix } from '../model/ip.ts';
import { KeyedSets } from './keyed-sets.ts';

/** By family, longest first: IPv4 /24, /16 and /8; IPv6 /112, /64 and /48. */
const LEVELS = { ipv4: [120, 112, 104], ipv6: [112, 64, 48] } as const;

export class MemberIndex<Item extends Prefix> {
  readonly #levels = {
    ipv4: new Map(LEVELS.ipv4.map((length) => [length, new KeyedSets<Address, Item>()])),
    ipv6: new Map(LEVELS.ipv6.map((length) => [length, new KeyedSets<Address, Item>()])),
  };
  /** Those too wide for the last level: there are never many such prefixes. */
  readonly #wide = new Set<Item>();

  add(item: Item): void {
    let narrow = false;
    for (const [length, buckets] of this.#levels[familyOf(item)]) {
      if (length > item.length) continue;
      buckets.add(maskAddress(item.address, length), item);
      narrow = true;
    }
    if (!narrow) this.#wide.add(item);
  }

  delete(item: Item): void {
    for (const [length, buckets] of this.#levels[familyOf(item)]) {
      if (length <= item.length) buckets.delete(maskAddress(item.address, length), item);
    }
    this.#wide.delete(item);
  }

  /** All items under the prefix, and some others. */
  *near(prefix: Prefix): Generator<Item> {
    const levels = this.#levels[familyOf(prefix)];
    for (const [length, buckets] of levels) {
      if (length > prefix.length) continue;
      yield* buckets.get(maskAddress(prefix.address, length)) ?? [];
      return;
    }
    const widest = [...levels.values()].at(-1);
    for (const [address, items] of widest?.entries() ?? []) {
      if (maskAddress(address, prefix.length) === prefix.address) yield* items;
    }
    yield* this.#wide;
  }
}

function familyOf({ address, length }: Prefix): keyof typeof LEVELS {
  return length >= MAPPED.length && isIPv4(address) ? 'ipv4' : 'ipv6';
}
