/** Findings as tests: a suite for each check, in which every finding is a failure. */

import type { CheckInfo, CheckReport, Finding } from '../finding.ts';
import { junitXml, type JunitCase, type JunitSuite } from './junit-xml.ts';
import { anyPlace, sentenceOf } from './place-text.ts';
import { sourceFile } from './source-file.ts';

/** Files are named from `root`. */
export function junitReport(report: CheckReport, checks: readonly CheckInfo[], root: string): string {
  const findings = Map.groupBy(report.findings, ({ check }) => check);
  const ignored = Map.groupBy(report.ignored, ({ finding }) => finding.check);
  const unknown = [...findings.keys(), ...ignored.keys()].filter((id) => !checks.some((check) => check.id === id));
  const suites = [...checks, ...new Set(unknown)].map((check): JunitSuite => {
    const [id, name] = typeof check === 'string' ? [check, check] : [check.id, `${check.id} ${check.name}`];
    const cases = [
      ...(findings.get(id) ?? []).map((finding) => failedCase(finding, name, root)),
      ...(ignored.get(id) ?? []).map(({ finding, reason }) => ignoredCase(finding, name, reason, root)),
    ];
    // Many readers take a suite without cases for a broken one.
    return { name, cases: cases.length > 0 ? cases : [{ name: 'no findings', className: name }] };
  });
  return junitXml('postern audit', [...suites, ...inputSuite(report)]);
}

function failedCase(finding: Finding, className: string, root: string): JunitCase {
  const { at, severity, message, mend, related } = finding;
  return {
    ...caseOf(finding, className, root),
    outcome: {
      kind: 'failure',
      type: severity,
      message,
      details: [`at: ${anyPlace(at)}`, `mend: ${mend}`, ...related.map((other) => `see: ${anyPlace(other.at)}: ${other.message}`)],
    },
  };
}

function ignoredCase(finding: Finding, className: string, reason: string, root: string): JunitCase {
  return { ...caseOf(finding, className, root), outcome: { kind: 'skipped', type: finding.severity, message: reason } };
}

function caseOf(finding: Finding, className: string, root: string): JunitCase {
  const { at } = finding;
  const file = sourceFile(at, root);
  return {
    name: sentenceOf(finding),
    className,
    ...(file === undefined ? {} : { file }),
    ...(at.line === undefined ? {} : { line: at.line }),
  };
}

/** What was not looked at has not passed. */
function inputSuite({ incomplete }: CheckReport): JunitSuite[] {
  if (incomplete.length === 0) return [];
  const cases = incomplete.map((reason): JunitCase => {
    return { name: reason, className: 'input', outcome: { kind: 'error', type: 'incomplete', message: reason } };
  });
  return [{ name: 'input', cases }];
}
