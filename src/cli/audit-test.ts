/** `postern audit test`: whether what files assert of the policies holds. */

import { readFileSync } from 'node:fs';
import type { Assertion } from '../audit/assertions/assertion.ts';
import { parseTestFile } from '../audit/assertions/parse-test-file.ts';
import { runAssertions } from '../audit/assertions/run-assertions.ts';
import type { TestFormat } from '../audit/assertions/test-formats.ts';
import { writeTestReport } from '../audit/assertions/write-test-report.ts';
import { AuditModel } from '../audit/model/audit-model.ts';
import { countText } from '../audit/report/count-findings.ts';
import { decodeText } from '../manifests/read-file.ts';
import { formatError, PosternError } from '../model/error.ts';
import { readConfig } from './audit-config.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { readInput } from './audit-input.ts';
import type { ConfigFlags, InputFlags, OutputFlags } from './audit-options.ts';
import { resolveOutputs, wantsColour, writeOutput } from './audit-outputs.ts';
import { Progress } from './audit-progress.ts';
import { checkoutRoot } from './checkout-root.ts';
import { failWith } from './fail-with.ts';
import { tell } from './tell.ts';

export interface TestFlags extends InputFlags, ConfigFlags, OutputFlags {
  readonly input?: readonly string[];
  readonly quiet?: boolean;
}

/** False where nothing says what is to be tested. Sets the exit code. */
export async function runTest(files: readonly string[], flags: TestFlags): Promise<boolean> {
  let asked = true;
  await failWith(EXIT.failed, async () => {
    const outputs = resolveOutputs(flags, 'human');
    const { networks, podCIDRs } = readConfig(flags);
    const names = networks.map(({ name }) => name);
    const assertions = readAssertions(files, names);
    const input = await Progress.during(async (progress) => await readInput(flags.input ?? [], flags, progress));
    asked = input !== undefined;
    if (input === undefined) return;
    const report = await Progress.during((progress) => {
      progress.say(`judging ${countText(assertions.length, 'assertion')}`);
      const [namespace] = flags.namespace ?? [];
      const options = { networks, podNetworks: podCIDRs, ...(namespace === undefined ? {} : { namespace }) };
      return runAssertions(new AuditModel(input, { podNetworks: podCIDRs }), assertions, options);
    });
    for (const output of outputs) {
      const colour = output.file === undefined && wantsColour(process.stdout);
      const options = { colour, quiet: flags.quiet === true, root: checkoutRoot() };
      await writeOutput(output, writeTestReport(output.format as TestFormat, report, options));
    }
    const fails = report.results.some(({ outcome }) => outcome !== 'holds');
    process.exitCode = exitCode(fails, report.incomplete.length > 0, flags.allowIncomplete === true);
  });
  return asked;
}

/** Throws `E_TEST`: files that are wrong in part are not used in part. All that is wrong is told, the last by what is thrown. */
function readAssertions(files: readonly string[], networks: readonly string[]): readonly Assertion[] {
  const parsed = files.map((file) => parseTestFile(readText(file), file, networks));
  const problems = parsed.flatMap((one) => one.problems);
  for (const problem of problems.slice(0, -1)) tell(formatError(problem));
  const last = problems.at(-1);
  if (last !== undefined) throw last;
  return parsed.flatMap(({ assertions }) => assertions);
}

function readText(file: string): string {
  try {
    return decodeText(readFileSync(file), file);
  } catch (cause) {
    throw new PosternError('E_TEST', 'the file of assertions cannot be read', {
      at: { file },
      mend: 'check the path and its permissions, and save it as UTF-8; what is tested is named by --input',
      cause,
    });
  }
}
