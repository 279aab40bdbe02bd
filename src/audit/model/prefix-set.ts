/** Networks, sorted, so that a block finds those it takes in without asking each. */

import { ADDRESS_BITS, isIPv4, prefixContains, type Address, type Prefix } from '../../model/ip.ts';
import type { Peer } from '../../policy/policy.ts';

export type Block = Extract<Peer, { kind: 'block' }>;

export class PrefixSet {
  /** None lies in another. */
  readonly #networks: readonly Prefix[];

  constructor(networks: readonly Prefix[]) {
    const sorted = networks.toSorted((a, b) => (a.address === b.address ? a.length - b.length : a.address < b.address ? -1 : 1));
    const outermost: Prefix[] = [];
    for (const network of sorted) {
      const last = outermost.at(-1);
      if (last === undefined || !containsPrefix(last, network)) outermost.push(network);
    }
    this.#networks = outermost;
  }

  /** A network of which some address is in the block. */
  findIn(block: Block): Prefix | undefined {
    const last = lastOf(block.cidr);
    for (let index = this.#firstReaching(block.cidr.address); index < this.#networks.length; index += 1) {
      const network = this.#networks[index];
      if (network === undefined || network.address > last) return undefined;
      if (takesIn(block, network)) return network;
    }
    return undefined;
  }

  #firstReaching(address: Address): number {
    let [low, high] = [0, this.#networks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const network = this.#networks[middle];
      if (network !== undefined && lastOf(network) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Some address of the network is in the block. */
export function takesIn({ cidr, except }: Block, network: Prefix): boolean {
  const narrower = cidr.length <= network.length ? network : cidr;
  if (!containsPrefix(narrower === cidr ? network : cidr, narrower) || except.some((hole) => containsPrefix(hole, narrower))) return false;
  const holes = except.filter((hole) => containsPrefix(narrower, hole));
  const outermost = holes.filter(
    (hole, at) => !holes.some((other, index) => containsPrefix(other, hole) && (other.length < hole.length || index < at)),
  );
  return outermost.reduce((sum, { length }) => sum + sizeOf(length), 0n) < sizeOf(narrower.length);
}

/** Equal ones contain each other. */
export function containsPrefix(outer: Prefix, inner: Prefix): boolean {
  return outer.length <= inner.length && isIPv4(outer.address) === isIPv4(inner.address) && prefixContains(outer, inner.address);
}

function lastOf({ address, length }: Prefix): Address {
  return address + sizeOf(length) - 1n;
}

function sizeOf(length: number): bigint {
  return 1n << BigInt(ADDRESS_BITS - length);
}
