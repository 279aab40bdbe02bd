/** The addresses outside of the cluster in the pieces into which all ipBlocks cut them: within a piece all are treated alike. */

import { ADDRESS_BITS, isIPv4, MAPPED, prefixContains, type Address, type Prefix } from '../../model/ip.ts';
import type { AuditModel } from '../model/audit-model.ts';

/** What no longer prefix takes out of `prefix`. */
export interface Region {
  readonly prefix: Prefix;
  /** One of its addresses. */
  readonly sample: Address;
}

/** `::/0` holds no IPv4 address. */
const ROOTS: readonly Prefix[] = [MAPPED, { address: 0n, length: 0 }];

export class AddressRegions {
  /** Where blocks begin and end. */
  readonly #edges: readonly Prefix[];
  /** These and the addresses of pods, which are nobody's outside. */
  readonly #taken: SortedPrefixes;
  #all: readonly Region[] | undefined;
  readonly #within = new Map<string, readonly Region[]>();

  constructor({ compiler }: AuditModel) {
    const members = [...compiler.identities.members.all()];
    const isEdge = ({ group, ownNode, edges }: (typeof members)[number]): boolean => group === undefined && !ownNode && edges > 0;
    this.#edges = members.filter(isEdge).map(({ address, length }) => ({ address, length }));
    this.#taken = new SortedPrefixes(members.map(({ address, length }) => ({ address, length })));
  }

  /** Of all addresses in the block. None where all of it is pods. */
  within(cidr: Prefix): readonly Region[] {
    const key = `${cidr.address}/${cidr.length}`;
    let regions = this.#within.get(key);
    if (regions === undefined) {
      const pieces = [cidr, ...this.#edges.filter((edge) => edge.length > cidr.length && holds(cidr, edge))];
      this.#within.set(key, (regions = samplesOf(pieces, this.#taken)));
    }
    return regions;
  }

  /** Of all addresses that are in none of the blocks. */
  beyond(cidrs: readonly Prefix[]): readonly Region[] {
    const roots = ROOTS.filter((root) => !this.#edges.some((edge) => edge.address === root.address && edge.length === root.length));
    this.#all ??= samplesOf([...roots, ...this.#edges], this.#taken);
    if (cidrs.length === 0) return this.#all;
    const rest = this.#all.filter(({ prefix }) => !cidrs.some((cidr) => holds(cidr, prefix)));
    // Only what a block takes a part of is another piece than before.
    const isCut = ({ prefix }: Region): boolean => cidrs.some((cidr) => holds(prefix, cidr));
    if (!rest.some(isCut)) return rest;
    const taken = this.#taken.with(cidrs);
    return rest.flatMap((region) => (isCut(region) ? samplesOf([region.prefix], taken) : [region]));
  }
}

function samplesOf(pieces: readonly Prefix[], taken: SortedPrefixes): Region[] {
  // What is left of everything comes last.
  const ordered = pieces.toSorted((a, b) => b.length - a.length);
  return ordered.flatMap((prefix) => {
    const sample = taken.findGap(prefix);
    return sample === undefined ? [] : [{ prefix, sample }];
  });
}

/** The inner one is equal or inside. */
function holds(outer: Prefix, inner: Prefix): boolean {
  return inner.length >= outer.length && family(outer) === family(inner) && prefixContains(outer, inner.address);
}

function family({ address, length }: Prefix): 4 | 6 {
  return length >= MAPPED.length && isIPv4(address) ? 4 : 6;
}

class SortedPrefixes {
  /** A prefix stands before those inside it. */
  readonly #prefixes: readonly Prefix[];

  constructor(prefixes: readonly Prefix[]) {
    // IPv4 is no part of ::/0, though its addresses lie there.
    this.#prefixes = [MAPPED, ...prefixes].sort((a, b) => (a.address < b.address ? -1 : a.address > b.address ? 1 : a.length - b.length));
  }

  with(more: readonly Prefix[]): SortedPrefixes {
    return new SortedPrefixes([...this.#prefixes, ...more]);
  }

  /** An address of the prefix that is in none of those inside it; undefined where they cover it. */
  findGap(prefix: Prefix): Address | undefined {
    const end = endOf(prefix);
    let next = prefix.address;
    for (let index = this.#firstFrom(prefix.address); next < end; index += 1) {
      const inner = this.#prefixes[index];
      const start = inner === undefined || inner.address >= end ? end : inner.address;
      if (next < start) return next + 1n < start ? next + 1n : next;
      if (inner === undefined || start === end) return undefined;
      if (inner.length > prefix.length) next = max(next, endOf(inner));
    }
    return undefined;
  }

  #firstFrom(address: Address): number {
    let [low, high] = [0, this.#prefixes.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#prefixes[middle]?.address ?? 0n) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The address behind the last one. */
function endOf({ address, length }: Prefix): Address {
  return address + (1n << BigInt(ADDRESS_BITS - length));
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
