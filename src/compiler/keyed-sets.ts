/** A map from keys to sets, without empty ones: what every index of the compiler is. */

export class KeyedSets<Key, Item> {
  readonly #sets = new Map<Key, Set<Item>>();

  get(key: Key): ReadonlySet<Item> | undefined {
    return this.#sets.get(key);
  }

  entries(): Iterable<readonly [Key, ReadonlySet<Item>]> {
    return this.#sets.entries();
  }

  values(): Iterable<ReadonlySet<Item>> {
    return this.#sets.values();
  }

  add(key: Key, item: Item): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([item]));
    else set.add(item);
  }

  delete(key: Key, item: Item): void {
    const set = this.#sets.get(key);
    set?.delete(item);
    if (set?.size === 0) this.#sets.delete(key);
  }
}
