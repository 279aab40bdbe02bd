/** Cases with their whole names before them, for titles: what the test runner reads out of an object it cuts after 40 letters. */

import type { ConformanceCase } from './case.ts';

/** An upstream case's name begins with its number. */
export function byName(cases: readonly ConformanceCase[]): readonly (readonly [string, ConformanceCase])[] {
  return cases.map((each) => [each.upstream === undefined ? each.name : `${each.upstream} ${each.name}`, each]);
}
