/** Map.groupBy, which Node 20 lacks. */

/** Groups in the order of their first element, each in the order of the elements. */
export function groupBy<K, T>(elements: Iterable<T>, key: (element: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const element of elements) {
    const group = groups.get(key(element));
    if (group === undefined) groups.set(key(element), [element]);
    else group.push(element);
  }
  return groups;
}
