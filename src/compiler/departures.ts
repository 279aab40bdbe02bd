/** Addresses that are nobody's any more, or no longer the node's: their flows are swept within a second, and remembered until then. */

import type { Address } from '../model/ip.ts';
import type { Identity, MemberChange } from './members.ts';
import type { Move } from './narrowing.ts';

export class Departures {
  /** Address → identity at its owner's death. */
  readonly #tombstones = new Map<Address, Identity>();
  /** Flows with them were allowed as the node's. */
  readonly #formerlyOwn = new Set<Address>();

  get pending(): boolean {
    return this.#tombstones.size + this.#formerlyOwn.size > 0;
  }

  ownerGone(address: Address, identity: Identity): void {
    this.#tombstones.set(address, identity);
  }

  nodeGone(address: Address): void {
    this.#formerlyOwn.add(address);
  }

  /** Addresses that stay alive and changed their identity, also by way of a death since the last sweep. */
  moves(changes: readonly MemberChange[], ownerOf: (address: Address) => string | undefined): Move[] {
    const moves = new Map<string, Move>();
    for (const { member, before, gone } of changes) {
      if (gone) continue;
      const was = before ?? this.#tombstones.get(member.address);
      // Owned again: from here on the generation looks after its flows, and a sweep would take the new owner's.
      this.#tombstones.delete(member.address);
      if (was !== undefined && was !== member.identity) moves.set(`${was.id}>${member.identity.id}`, [was, member.identity]);
    }
    // Owned again under the identity that it had: no change, and none of the new owner's flows are to be swept.
    for (const address of this.#tombstones.keys()) if (ownerOf(address) !== undefined) this.#tombstones.delete(address);
    return [...moves.values()];
  }

  /** Whose flows are to be swept now. */
  take(): Address[] {
    const gone = [...this.#tombstones.keys(), ...this.#formerlyOwn];
    this.#tombstones.clear();
    this.#formerlyOwn.clear();
    return gone;
  }
}
