/** `postern audit exposure`: what is reachable from outside of the cluster, and by pods that do not exist yet. */

import { jsonText } from '../audit/report/json-text.ts';
import { exposureMarkdown, exposureText } from '../audit/exposure/exposure-text.ts';
import type { ExposureReport } from '../audit/exposure/exposure-report.ts';
import { makeExposure } from '../audit/exposure/make-exposure.ts';
import { formatError } from '../model/error.ts';
import { readConfig } from './audit-config.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { readInput } from './audit-input.ts';
import type { ConfigFlags, InputFlags, OutputFlags } from './audit-options.ts';
import { resolveOutputs, wantsColour, writeOutput } from './audit-outputs.ts';
import { Progress } from './audit-progress.ts';
import { failWith } from './fail-with.ts';
import { tell } from './tell.ts';

export interface ExposureFlags extends InputFlags, ConfigFlags, OutputFlags {
  readonly failOn: 'exposed' | 'never';
}

/** False where nothing says what is to be audited. Sets the exit code. */
export async function runExposure(paths: readonly string[], flags: ExposureFlags): Promise<boolean> {
  let asked = true;
  await failWith(EXIT.failed, async () => {
    const outputs = resolveOutputs(flags, 'human');
    const { podCIDRs, networks } = readConfig(flags);
    const input = await Progress.during(async (progress) => await readInput(paths, flags, progress));
    asked = input !== undefined;
    if (input === undefined) return;
    const report = makeExposure(input, { podNetworks: podCIDRs, networks });
    for (const output of outputs)
      await writeOutput(output, write(report, output.format, output.file === undefined && wantsColour(process.stdout)));
    for (const problem of input.problems) tell(formatError(problem));
    const exposed = report.workloads.some(({ ways }) => ways.length > 0);
    const incomplete = input.problems.length + input.missing.length + report.incomplete.length > 0;
    process.exitCode = exitCode(flags.failOn === 'exposed' && exposed, incomplete, flags.allowIncomplete === true);
  });
  return asked;
}

function write(report: ExposureReport, format: string, colour: boolean): string {
  if (format === 'json') return jsonText({ version: 1, ...report });
  return format === 'markdown' ? exposureMarkdown(report) : exposureText(report, colour);
}
