/** The name that was meant, where one has a slip. */

import { closestMatch } from 'leven';

/** Two letters that changed places, or a third of them that differ. */
const SWAPPED = 2;

/** `undefined` where none is near. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  return name.length <= SWAPPED
    ? undefined
    : closestMatch(name, candidates, { maxDistance: Math.max(SWAPPED, Math.floor(name.length / 3)) });
}
