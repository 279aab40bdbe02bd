/** `postern audit diff`: connections that another state of the policies gains and loses. */

import { diffJson } from '../audit/diff/diff-json.ts';
import { diffMarkdown, diffText } from '../audit/diff/diff-text.ts';
import { makeDiff } from '../audit/diff/make-diff.ts';
import type { DiffReport } from '../audit/diff/diff-report.ts';
import { isEmptyPorts } from '../policy/ports.ts';
import { readConfig } from './audit-config.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { readInput } from './audit-input.ts';
import type { ConfigFlags, OutputFlags } from './audit-options.ts';
import { resolveOutputs, wantsColour, writeOutput } from './audit-outputs.ts';
import { Progress } from './audit-progress.ts';
import { failWith } from './fail-with.ts';

export const DIFF_FORMATS = ['human', 'json', 'markdown'] as const;

export interface DiffFlags extends ConfigFlags, OutputFlags {
  readonly failOn: 'gained' | 'lost' | 'any' | 'never';
  readonly allowIncomplete?: boolean;
}

/** Sets the exit code. */
export async function runDiff(before: string, after: string, flags: DiffFlags): Promise<void> {
  await failWith(EXIT.failed, async () => {
    const outputs = resolveOutputs(flags, 'human');
    const { podCIDRs } = readConfig(flags);
    const report = await Progress.during(async (progress) => {
      const was = await readInput([before], {}, progress);
      const is = await readInput([after], {}, progress);
      progress.say('comparing');
      return was === undefined || is === undefined ? undefined : makeDiff(was, is, { podNetworks: podCIDRs });
    });
    if (report === undefined) return;
    for (const output of outputs)
      await writeOutput(output, write(report, output.format, output.file === undefined && wantsColour(process.stdout)));
    process.exitCode = exitCode(fails(report, flags.failOn), report.incomplete.length > 0, flags.allowIncomplete === true);
  });
}

function write(report: DiffReport, format: string, colour: boolean): string {
  if (format === 'json') return diffJson(report);
  return format === 'markdown' ? diffMarkdown(report) : diffText(report, colour);
}

function fails({ changes, toCome }: DiffReport, failOn: DiffFlags['failOn']): boolean {
  const all = [...changes, ...toCome];
  const gained = all.some((change) => !isEmptyPorts(change.gained));
  const lost = all.some((change) => !isEmptyPorts(change.lost));
  switch (failOn) {
    case 'gained':
      return gained;
    case 'lost':
      return lost;
    case 'any':
      return gained || lost;
    case 'never':
      return false;
  }
}
