/** How many runs a property gets, and from which seed; both can be set from outside to repeat or to search longer. */

import type { Parameters } from 'fast-check';

/**
 * `POSTERN_RUNS` multiplies the runs, `POSTERN_SEED` repeats a run; the seed is printed, so that a failure on another machine
 * can be repeated here (fast-check's own message also gives the path to the shrunk case: `POSTERN_PATH`).
 */
export function propertyParameters<T>(name: string, runs: number): Parameters<T> {
  const seed = Number(process.env['POSTERN_SEED'] ?? Math.floor(Math.random() * 0x7fffffff));
  const factor = Number(process.env['POSTERN_RUNS'] ?? 1);
  const path = process.env['POSTERN_PATH'];
  const numRuns = Math.max(1, Math.round(runs * factor));
  process.stderr.write(`${name}: ${numRuns} runs, POSTERN_SEED=${seed}\n`);
  return { seed, numRuns, ...(path === undefined ? {} : { path }) };
}
