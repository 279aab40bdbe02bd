/** When flows must be judged again: where an endpoint may now do less than before. Widening, splitting and new pods never ask for it. */

import { containsRuleset } from '../policy/ruleset.ts';
import type { Identity } from './members.ts';
import type { Ruleset, RulesetTable } from './ruleset-table.ts';

/** An address that stays alive went from one identity to another. */
export type Move = readonly [was: Identity, is: Identity];

/** Rulesets under which one of the moves takes something away. */
export function findNarrowed(rulesets: RulesetTable, moves: readonly Move[]): Set<Ruleset> {
  const narrowed = new Set<Ruleset>();
  for (const ruleset of rulesets.rulesets()) {
    if (moves.some(([was, is]) => rulesets.narrows(ruleset, was, is))) narrowed.add(ruleset);
  }
  return narrowed;
}

/** For one direction of an endpoint, whose ruleset was one and is another (or the same). `undefined`: not isolated. */
export function mustJudgeAgain(was: Ruleset | undefined, is: Ruleset | undefined, narrowed: ReadonlySet<Ruleset>): boolean {
  if (is === undefined) return false;
  if (was === undefined || narrowed.has(is)) return true;
  return was !== is && !containsRuleset(is.content, was.content);
}
