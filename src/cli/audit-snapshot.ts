/** `postern audit snapshot`: what an audit reads of a cluster or of files, kept for another day or place; nothing else of it. */

import { describeMissing } from '../audit/input/describe-gaps.ts';
import { writeSnapshot } from '../audit/input/write-snapshot.ts';
import { formatError } from '../model/error.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { readInput } from './audit-input.ts';
import type { InputFlags } from './audit-options.ts';
import { writeOutput } from './audit-outputs.ts';
import { Progress } from './audit-progress.ts';
import { failWith } from './fail-with.ts';
import { tell } from './tell.ts';

export interface SnapshotFlags extends InputFlags {
  readonly output?: string;
}

/** False where nothing says what is to be kept. Sets the exit code. */
export async function runSnapshot(paths: readonly string[], flags: SnapshotFlags): Promise<boolean> {
  let asked = true;
  await failWith(EXIT.failed, async () => {
    const input = await Progress.during(async (progress) => await readInput(paths, flags, progress));
    asked = input !== undefined;
    if (input === undefined) return;
    const { output: file } = flags;
    await writeOutput({ format: 'snapshot', ...(file === undefined || file === '-' ? {} : { file }) }, writeSnapshot(input));
    const lacks = [...input.problems.map(formatError), ...describeMissing(input)];
    for (const sentence of lacks) tell(sentence);
    process.exitCode = exitCode(false, lacks.length > 0, flags.allowIncomplete === true);
  });
  return asked;
}
