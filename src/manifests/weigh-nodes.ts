/** Walks the nodes of a YAML document for what is wrong with them together: keys that stand twice, and too many aliases. */

import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Node } from 'yaml';

export interface NodeWeight {
  /** Offset of a key that its map already has. */
  readonly duplicate?: number;
  readonly aliases: number;
}

/** In time that grows with the document alone, whatever is in it. */
export function weighNodes(root: Node | null): NodeWeight {
  const open: unknown[] = [root];
  let aliases = 0;
  let duplicate: number | undefined;
  while (open.length > 0) {
    const node = open.pop();
    if (isAlias(node)) aliases += 1;
    else if (isSeq(node)) for (const item of node.items) open.push(item);
    else if (isMap(node)) {
      const keys = new Set<unknown>();
      for (const { key, value } of node.items) {
        open.push(value);
        if (!isScalar(key)) continue;
        const place = key.range?.[0] ?? 0;
        // The first in the text is told.
        if (keys.has(key.value)) duplicate = Math.min(duplicate ?? place, place);
        keys.add(key.value);
      }
    }
  }
  return { aliases, ...(duplicate === undefined ? {} : { duplicate }) };
}
