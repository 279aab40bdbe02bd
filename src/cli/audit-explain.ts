/** `postern audit explain`: allowed or denied, by which rules, or the smallest policy that would allow it. */

import { jsonText } from '../audit/report/json-text.ts';
import { withLive } from '../audit/explain/compare-live.ts';
import type { ExplainReport, LiveReport } from '../audit/explain/explain-report.ts';
import { explainEnds, type Explanation } from '../audit/explain/explain.ts';
import { explainText } from '../audit/explain/explain-text.ts';
import { AuditModel } from '../audit/model/audit-model.ts';
import { formatError, PosternError } from '../model/error.ts';
import type { LiveFlags } from './ask-kernels.ts';
import { readConfig } from './audit-config.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { readInput } from './audit-input.ts';
import type { ConfigFlags, InputFlags, OutputFlags } from './audit-options.ts';
import { resolveOutputs, wantsColour, writeOutput } from './audit-outputs.ts';
import { Progress } from './audit-progress.ts';
import { failWith } from './fail-with.ts';
import { tell } from './tell.ts';

export const EXPLAIN_FORMATS = ['human', 'json'] as const;

export interface ExplainFlags extends InputFlags, ConfigFlags, OutputFlags, LiveFlags {
  readonly live?: boolean;
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
    const explanation = explainEnds(new AuditModel(input, { podNetworks: podCIDRs }), source, destination, flags.namespace?.[0]);
    const report = flags.live === true || flags.allNodes === true ? await askKernels(explanation, flags) : explanation.report;
    for (const output of outputs) {
      const colour = output.file === undefined && wantsColour(process.stdout);
      await writeOutput(output, output.format === 'json' ? jsonText({ version: 1, ...report }) : explainText(report, colour));
    }
    for (const problem of input.problems) tell(formatError(problem));
    process.exitCode = exitCode(
      fails(report, flags.failOn),
      input.problems.length > 0 || lacksAnswers(report),
      flags.allowIncomplete === true,
    );
    failWhereKernelsDisagree(report);
  });
  return asked;
}

async function askKernels(explanation: Explanation, flags: LiveFlags): Promise<ExplainReport> {
  const kernels = await import('./ask-kernels.ts');
  return withLive(explanation, await Progress.during((progress) => kernels.askKernels(explanation, flags, progress)));
}

function livesOf({ pairs }: ExplainReport): LiveReport[] {
  return pairs.flatMap(({ sides }) => sides).flatMap(({ live }) => live ?? []);
}

function lacksAnswers(report: ExplainReport): boolean {
  return livesOf(report).some(({ notAsked }) => notAsked.length > 0);
}

function failWhereKernelsDisagree(report: ExplainReport): void {
  const disagreements = livesOf(report).flatMap((live) => live.disagreements);
  const nodes = [...new Set(disagreements.map(({ node }) => node))];
  if (nodes.length === 0) return;
  throw new PosternError(
    'E_KERNEL_DISAGREES',
    `of ${disagreements.length} packets the kernel of ${nodes.join(', ')} does not say what the policies say`,
    {
      mend: 'postern status there says whether enforcement is on and everything in force, postern agent verify what differs from it; else the input is not what that cluster holds',
    },
  );
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
