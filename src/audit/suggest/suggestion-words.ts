/** Words about what is suggested, and about what could not be. */

import { listSome } from '../list-some.ts';
import type { FlowTally } from './tally-flows.ts';
import type { FlowList } from './read-flows.ts';

/** So many names stand in one sentence. */
const MOST = 8;

export function flowWords(count: number): string {
  return `${count} flow${count === 1 ? '' : 's'}`;
}

/** `a, b and 3 more` */
export function nameSome(names: readonly (string | number)[]): string {
  return listSome(names, MOST);
}

export function describeLosses(list: FlowList, tally: FlowTally, includeDenied: boolean): { notes: string[]; lacking: string[] } {
  const { name, strangers, ownNode, otherDrops, suppressed } = list;
  const notes: string[] = [];
  const lacking: string[] = [];
  if (tally.denied > 0 && !includeDenied)
    notes.push(`${flowWords(tally.denied)} that no policy allowed left out (--include-denied takes them in)`);
  if (ownNode > 0) notes.push(`${flowWords(ownNode)} with the pods' own nodes: no rule is needed`);
  if (otherDrops > 0) notes.push(`${flowWords(otherDrops)} dropped for other reasons than policies: no rule would help`);
  if (strangers.length > 0) {
    const words = strangers.length === 1 ? '1 line is no flow: line' : `${strangers.length} lines are no flows: lines`;
    lacking.push(`${name}: ${words} ${nameSome(strangers)}`);
  }
  if (suppressed > 0) lacking.push(`${name}: ${flowWords(suppressed)} not told, being too many at once`);
  if (tally.unknown.size > 0) {
    const ends = [...tally.unknown].sort(([a], [b]) => (a < b ? -1 : 1)).map(([end, flows]) => `${end} (${flowWords(flows)})`);
    lacking.push(`the input does not say whose these are, so that their flows are left out: ${nameSome(ends)}`);
  }
  return { notes, lacking };
}
