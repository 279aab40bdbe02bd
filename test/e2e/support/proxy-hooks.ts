/** Which netfilter links stand pinned under an agent's bpf root. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as native from '../../../native/index.js';
import type { World } from './world.ts';

/** enum bpf_link_type */
const NETFILTER = 10;
const FAMILIES: Readonly<Record<number, string>> = { 2: 'IPv4', 10: 'IPv6' };

/** Priorities that the agent takes, before source NAT. */
const [FIRST, LAST] = [90, 99];

/** Family, hook, priority and program of each. A program that is no longer there has no link either. One that is just going keeps its priority for a while. */
export function listNetfilterLinks(world: World): string[] {
  const folder = join(world.place.bpfRoot, 'links');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((name) => describeLink(join(folder, name)) ?? [])
    .toSorted();
}

/** Undefined for links of other kinds. */
function describeLink(path: string): string | undefined {
  const fd = native.openPinned(path);
  try {
    const link = native.linkInfo(fd);
    if (link.type !== NETFILTER) return undefined;
    const program = native.programById(link.programId);
    try {
      const { priority = 0 } = link;
      const place = priority >= FIRST && priority <= LAST ? `${FIRST} to ${LAST}` : String(priority);
      return `${FAMILIES[link.family ?? 0] ?? 'other'} hook ${link.hook} priority ${place} ${native.programInfo(program).name}`;
    } finally {
      native.close(program);
    }
  } finally {
    native.close(fd);
  }
}
