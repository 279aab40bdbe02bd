/** Addresses with their owners' names, sorted, so that a block finds those inside it without asking each. */

import { ADDRESS_BITS, prefixContains, type Address } from '../../model/ip.ts';
import type { Peer } from '../../policy/policy.ts';

export class AddressSet {
  readonly #addresses: BigUint64Array;
  readonly #names: readonly string[];

  constructor(entries: Iterable<readonly [Address, name: string]>) {
    const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#names = sorted.map(([, name]) => name);
    this.#addresses = new BigUint64Array(2 * sorted.length);
    for (const [index, [address]] of sorted.entries()) {
      this.#addresses[2 * index] = address >> 64n;
      this.#addresses[2 * index + 1] = BigInt.asUintN(64, address);
    }
  }

  /** Whose address is in the block: one of them. */
  findIn({ cidr, except }: Extract<Peer, { kind: 'block' }>): string | undefined {
    const last = cidr.address + (1n << BigInt(ADDRESS_BITS - cidr.length)) - 1n;
    for (let index = this.#firstFrom(cidr.address); index < this.#names.length; index += 1) {
      const address = this.#at(index);
      if (address > last) return undefined;
      // Families never mix: ::/0 holds no IPv4 address.
      if (prefixContains(cidr, address) && !except.some((hole) => prefixContains(hole, address))) return this.#names[index];
    }
    return undefined;
  }

  #at(index: number): Address {
    return ((this.#addresses[2 * index] ?? 0n) << 64n) | (this.#addresses[2 * index + 1] ?? 0n);
  }

  #firstFrom(address: Address): number {
    let [low, high] = [0, this.#names.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#at(middle) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
