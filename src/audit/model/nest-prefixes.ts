/** Which prefixes lie in which: a network is what no longer prefix takes out of it. */

import { isIPv4, prefixContains, type Prefix } from '../../model/ip.ts';

/** For each prefix those that lie in it, without those that lie in one of these. No prefix may come twice. */
export function nestPrefixes(prefixes: readonly Prefix[]): ReadonlyMap<Prefix, readonly Prefix[]> {
  const inner = new Map<Prefix, Prefix[]>(prefixes.map((prefix) => [prefix, []]));
  const around: Prefix[] = [];
  for (const prefix of prefixes.toSorted(comparePrefixes)) {
    let outer = around.at(-1);
    while (outer !== undefined && !liesIn(prefix, outer)) {
      around.pop();
      outer = around.at(-1);
    }
    if (outer !== undefined) inner.get(outer)?.push(prefix);
    around.push(prefix);
  }
  return inner;
}

/** `::/0` holds no IPv4 address. */
export function liesIn(inner: Prefix, outer: Prefix): boolean {
  return inner.length > outer.length && isIPv4(inner.address) === isIPv4(outer.address) && prefixContains(outer, inner.address);
}

/** IPv4 first; then each behind those that it lies in. */
function comparePrefixes(a: Prefix, b: Prefix): number {
  if (isIPv4(a.address) !== isIPv4(b.address)) return isIPv4(a.address) ? -1 : 1;
  if (a.address !== b.address) return a.address < b.address ? -1 : 1;
  return a.length - b.length;
}
