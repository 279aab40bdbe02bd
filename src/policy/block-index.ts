/** Whether an address, or all of a prefix's own region, lies in one of many ipBlocks: by one look-up for each prefix length that occurs. */

import { ADDRESS_BITS, isIPv4, MAPPED, maskAddress, type Address, type Prefix } from '../model/ip.ts';

export interface Block {
  readonly cidr: Prefix;
  readonly except: readonly Prefix[];
}

export class BlockIndex {
  /** Length → masked address → blocks that begin there, and blocks whose except begins there. */
  readonly #byLength = new Map<number, Map<Address, { enter: number[]; leave: number[] }>>();
  readonly #lengths: number[];

  constructor(blocks: readonly Block[]) {
    blocks.forEach((block, index) => {
      this.#node(block.cidr).enter.push(index);
      for (const hole of block.except) this.#node(hole).leave.push(index);
    });
    this.#lengths = [...this.#byLength.keys()].sort((a, b) => a - b);
  }

  get isEmpty(): boolean {
    return this.#lengths.length === 0;
  }

  /** Every cidr and every except: where membership can change. */
  *prefixes(): Generator<Prefix> {
    for (const [length, nodes] of this.#byLength) {
      for (const address of nodes.keys()) yield { address, length };
    }
  }

  /** How many prefixes have a row of their own in the trie; the others are whole addresses, in the exact hash. */
  get edges(): { readonly prefixes: number; readonly addresses: number } {
    let prefixes = 0;
    for (const [length, nodes] of this.#byLength) if (length < ADDRESS_BITS) prefixes += nodes.size;
    return { prefixes, addresses: this.#byLength.get(ADDRESS_BITS)?.size ?? 0 };
  }

  /** Where blocks begin: whoever is in one is under one of these. */
  *cidrs(): Generator<Prefix> {
    for (const [length, nodes] of this.#byLength) {
      for (const [address, { enter }] of nodes) if (enter.length > 0) yield { address, length };
    }
  }

  /**
   * For `length` 128: is the address in a block? For less: is the region of addresses under that prefix that no longer prefix of this index divides?
   * Blocks are independent: an except takes the address out of its own block alone. Families never mix: ::/0 holds no IPv4 address.
   */
  contains(address: Address, length = 128): boolean {
    const ipv4 = length >= MAPPED.length && isIPv4(address);
    let inside: Set<number> | undefined;
    for (const candidate of this.#lengths) {
      if (candidate > length) break;
      if (ipv4 && candidate < MAPPED.length) continue;
      const node = this.#byLength.get(candidate)?.get(maskAddress(address, candidate));
      if (node === undefined) continue;
      inside ??= new Set();
      for (const index of node.enter) inside.add(index);
      for (const index of node.leave) inside.delete(index);
    }
    return inside !== undefined && inside.size > 0;
  }

  #node(prefix: Prefix): { enter: number[]; leave: number[] } {
    let nodes = this.#byLength.get(prefix.length);
    if (nodes === undefined) this.#byLength.set(prefix.length, (nodes = new Map()));
    let node = nodes.get(prefix.address);
    if (node === undefined) nodes.set(prefix.address, (node = { enter: [], leave: [] }));
    return node;
  }
}
