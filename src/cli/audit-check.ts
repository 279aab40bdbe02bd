/** `postern audit check`: reads an input, runs the checks, writes the reports, and says by the exit code what came of it. */

import { CATALOGUE } from '../audit/checks/catalogue.ts';
import type { Check } from '../audit/checks/check.ts';
import { applyIgnores } from '../audit/config/apply-ignores.ts';
import type { AuditConfig } from '../audit/config/audit-config.ts';
import { readObjectName } from '../audit/config/match-object.ts';
import type { CheckReport } from '../audit/finding.ts';
import type { AuditInput } from '../audit/input/audit-input.ts';
import type { CheckFormat } from '../audit/report/check-formats.ts';
import { countText, reachesSeverity } from '../audit/report/count-findings.ts';
import { writeReport } from '../audit/report/write-report.ts';
import { runChecks } from '../audit/run-checks.ts';
import { formatError } from '../model/error.ts';
import { useBaseline } from './audit-baseline.ts';
import { readConfig } from './audit-config.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { readInput } from './audit-input.ts';
import type { ConfigFlags, InputFlags, OutputFlags, ThresholdFlags } from './audit-options.ts';
import { resolveOutputs, wantsColour, writeOutput } from './audit-outputs.ts';
import { Progress } from './audit-progress.ts';
import { checkoutRoot } from './checkout-root.ts';
import { failWith } from './fail-with.ts';
import { tell } from './tell.ts';

export interface CheckFlags extends InputFlags, ConfigFlags, OutputFlags, ThresholdFlags {
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

/** False where nothing says what is to be audited. Sets the exit code. */
export async function runCheck(paths: readonly string[], flags: CheckFlags): Promise<boolean> {
  let asked = true;
  await failWith(EXIT.failed, async () => {
    const outputs = resolveOutputs(flags, 'human');
    const config = readConfig(flags);
    const input = await Progress.during(async (progress) => await readInput(paths, flags, progress));
    asked = input !== undefined;
    if (input === undefined) return;
    const asksAbout = paths.length === 0 ? flags.namespace : undefined;
    const report = useBaseline(await findFaults(input, config, asksAbout), flags, tell);
    for (const output of outputs) {
      const colour = output.file === undefined && wantsColour(process.stdout);
      const options = { colour, form: formOf(flags), root: checkoutRoot() };
      await writeOutput(output, writeReport(output.format as CheckFormat, report, CATALOGUE, options));
    }
    process.exitCode = exitCode(reachesSeverity(report, flags.failOn), report.incomplete.length > 0, flags.allowIncomplete === true);
  });
  return asked;
}

/** Without those that may be ignored, and of these namespaces alone. */
async function findFaults(input: AuditInput, config: AuditConfig, namespaces: readonly string[] | undefined): Promise<CheckReport> {
  const { severities, ignores, podCIDRs, serviceCIDRs, nodeCIDRs } = config;
  const report = await Progress.during((progress) => {
    progress.say(`compiling ${countText(input.workloads.length, 'workload')}`);
    return runChecks(input, {
      severities,
      podNetworks: podCIDRs,
      serviceNetworks: serviceCIDRs,
      nodeNetworks: nodeCIDRs,
      catalogue: CATALOGUE.map((check) => announce(check, progress)),
    });
  });
  const checks = CATALOGUE.map(({ id }) => id);
  const about = report.findings.filter(({ at }) => namespaces?.includes(readObjectName(at.object ?? '').namespace) !== false);
  const { findings, ignored, problems } = applyIgnores(about, { rules: ignores, input, checks });
  for (const problem of problems) tell(formatError(problem));
  return { ...report, findings, ignored };
}

function announce(check: Check, progress: Progress): Check {
  return {
    ...check,
    run: (context) => {
      progress.say(`checking ${check.id} ${check.name}`);
      return check.run(context);
    },
  };
}

function formOf({ quiet, verbose }: CheckFlags): 'quiet' | 'normal' | 'verbose' {
  return quiet === true ? 'quiet' : verbose === true ? 'verbose' : 'normal';
}
