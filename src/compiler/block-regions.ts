/** The regions into which the blocks of some lists divide all addresses, and which of them each list takes in. */

import type { Prefix } from '../model/ip.ts';
import type { PeerList } from '../policy/peer-list.ts';
import { ListIndex } from './list-index.ts';

/** Every cidr and except of the lists begins a region. By the lists' keys. */
export function regionsOf(lists: Iterable<PeerList>): Map<string, Prefix[]> {
  const index = new ListIndex<PeerList>();
  const edges = new Map<string, Prefix>();
  for (const list of lists) {
    if (list.kind !== 'peers' || list.blocks.isEmpty) continue;
    index.add(list, list);
    for (const edge of list.blocks.prefixes()) edges.set(`${edge.address}/${edge.length}`, edge);
  }
  const regions = new Map<string, Prefix[]>();
  for (const edge of edges.values()) {
    for (const list of index.nearAddress(edge.address, edge.length)) {
      if (list.kind !== 'peers' || !list.blocks.contains(edge.address, edge.length)) continue;
      const inside = regions.get(list.key);
      if (inside === undefined) regions.set(list.key, [edge]);
      else inside.push(edge);
    }
  }
  return regions;
}
