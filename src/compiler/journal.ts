/** Steps that can be taken back. */

/** What undoes each step since it was begun. */
export type Journal = (() => void)[];

export function undo(journal: Journal): void {
  for (const step of journal.toReversed()) step();
}

/** False: the key was there, with whatever value. */
export function addOnce<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, journal: Journal): boolean {
  if (map.has(key)) return false;
  map.set(key, value);
  journal.push(() => map.delete(key));
  return true;
}
