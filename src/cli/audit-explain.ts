/** `postern audit explain`: allowed or denied, by which rules, or the smallest policy that would allow it. */

import type { ExplainReport } from '../audit/explain/explain-report.ts';
import { explain } from '../audit/explain/explain.ts';
import { explainText } from '../audit/explain/explain-text.ts';
import { AuditModel } from '../audit/model/audit-model.ts';
import { formatError } from '../model/error.ts';
import { readConfig } from './audit-config.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { readInput } from './audit-input.ts';
import type { ConfigFlags, InputFlags, OutputFlags } from './audit-options.ts';
import { resolveOutputs, wantsColour, writeOutput } from './audit-outputs.ts';
import { Progress } from './audit-progress.ts';
import { failWith } from './fail-with.ts';
import { tell } from './tell.ts';

export const EXPLAIN_FORMATS = ['human', 'json'] as const;

export interface ExplainFlags extends InputFlags, ConfigFlags, OutputFlags {
  readonly failOn: 'denied' | 'allowed' | 'never';
}

/** False where nothing says what is to be audited. Sets the exit code. */
export async function runExplain(source: string, destination: string, paths: readonly string[], flags: ExplainFlags): Promise<boolean> {
  let asked = true;
  await failWith(EXIT.failed, async () => {
    const outputs = resolveOutputs(flags, 'human');
    const { podCIDRs } = readConfig(flags);
    const input = await Progress.during(async (progress) => await readInput(paths, flags, progress));
    asked = input !== undefined;
    if (input === undefined) return;
    const report = explain(new AuditModel(input, { podNetworks: podCIDRs }), source, destination, flags.namespace?.[0]);
    for (const output of outputs) {
      const colour = output.file === undefined && wantsColour(process.stdout);
      await writeOutput(
        output,
        output.format === 'json' ? `${JSON.stringify({ version: 1, ...report }, undefined, 2)}\n` : explainText(report, colour),
      );
    }
    for (const problem of input.problems) tell(formatError(problem));
    process.exitCode = exitCode(fails(report, flags.failOn), input.problems.length > 0, flags.allowIncomplete === true);
  });
  return asked;
}

function fails({ allowed }: ExplainReport, failOn: ExplainFlags['failOn']): boolean {
  switch (failOn) {
    case 'denied':
      return allowed !== 'all';
    case 'allowed':
      return allowed !== 'none';
    case 'never':
      return false;
  }
}
