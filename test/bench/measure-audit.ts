/** Runs `postern audit` as a process of its own, and says what it took. */

import { spawnSync } from 'node:child_process';

/** A module that says at the end what the process took. */
const REPORT_MEMORY = `data:text/javascript,${encodeURIComponent("process.on('exit', () => process.stderr.write('\\nKIB ' + process.resourceUsage().maxRSS))")}`;

export interface Measured {
  /** The median, start-up included. */
  readonly seconds: number;
  /** The most of any run. */
  readonly mebibytes: number;
}

/** Throws where a run does not end with 0. */
export function measureAudit(args: readonly string[], times = 3): Measured {
  const runs = Array.from({ length: times }, () => {
    const begin = performance.now();
    const run = spawnSync(process.execPath, ['--import', REPORT_MEMORY, 'dist/main.js', 'audit', ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (run.status !== 0) throw new Error(`audit ${args.join(' ')} ended with ${run.status}: ${run.stderr.slice(0, 2000)}`);
    return { seconds: (performance.now() - begin) / 1000, kibibytes: Number(/KIB (\d+)/.exec(run.stderr)?.[1]) };
  });
  const seconds = runs.map((run) => run.seconds).toSorted((a, b) => a - b)[Math.floor(times / 2)] ?? Number.NaN;
  return { seconds, mebibytes: Math.round(Math.max(...runs.map(({ kibibytes }) => kibibytes)) / 1024) };
}
