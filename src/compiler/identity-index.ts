/** Finds identities by the peer lists that they are in. What a list changes is told by the list alone: identities may be in thousands. */

import type { Identity, LiveList } from './members.ts';

export class IdentityIndex {
  /** By the exclusive or of their lists' hashes. */
  readonly #byHash = new Map<number, Identity[]>();
  readonly #hashes = new Map<Identity, number>();

  get size(): number {
    return this.#hashes.size;
  }

  find(lists: ReadonlySet<LiveList>): Identity | undefined {
    return this.#byHash.get(hashOf(lists))?.find((identity) => isEqual(identity.lists, lists));
  }

  /** No other identity of the same lists may be there. */
  add(identity: Identity, hash = hashOf(identity.lists)): void {
    const alike = this.#byHash.get(hash);
    if (alike === undefined) this.#byHash.set(hash, [identity]);
    else alike.push(identity);
    this.#hashes.set(identity, hash);
  }

  /** Returns the hash of its lists, undefined where it was not there. To be called before its lists change. */
  delete(identity: Identity): number | undefined {
    const hash = this.#hashes.get(identity);
    if (hash === undefined) return undefined;
    this.#hashes.delete(identity);
    const alike = this.#byHash.get(hash) ?? [];
    if (alike.length > 1) alike.splice(alike.indexOf(identity), 1);
    else this.#byHash.delete(hash);
    return hash;
  }

  /** From now on it is in this list, too, in which no identity of its other lists is yet. */
  extend(identity: Identity, live: LiveList): void {
    const hash = this.delete(identity) ?? hashOf(identity.lists);
    identity.lists.add(live);
    this.add(identity, (hash ^ live.hash) >>> 0);
  }
}

function hashOf(lists: ReadonlySet<LiveList>): number {
  let hash = 0;
  for (const live of lists) hash ^= live.hash;
  return hash >>> 0;
}

function isEqual(lists: ReadonlySet<LiveList>, others: ReadonlySet<LiveList>): boolean {
  if (lists.size !== others.size) return false;
  for (const live of lists) if (!others.has(live)) return false;
  return true;
}
