/** Findings as workflow commands of GitHub Actions, which show them beside the lines of a pull request. */

import type { CheckInfo, CheckReport, Finding, Severity } from '../finding.ts';
import { findingsText } from './count-findings.ts';
import { sentenceOf } from './place-text.ts';
import { printableText } from './printable-text.ts';
import { sourceFile } from './source-file.ts';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };

/** `root`: of the checkout. GitHub shows the first ten of each command of a step: the order of the report, worst first, decides which. */
export function githubReport(report: CheckReport, checks: readonly CheckInfo[], root: string): string {
  const names = new Map(checks.map(({ id, name }) => [id, name]));
  return [
    ...report.findings.map((finding) => annotation(finding, names.get(finding.check), root)),
    ...report.incomplete.map((reason) => command('warning', { title: 'Policy audit: incomplete' }, reason)),
    // Names of the input stay out of it: this line is no command, and must not become one.
    `Policy audit: ${findingsText(report.findings)}; ${report.ignored.length} ignored`,
    '',
  ].join('\n');
}

function annotation(finding: Finding, name: string | undefined, root: string): string {
  const { at, check, severity, mend } = finding;
  const file = sourceFile(at, root);
  const place =
    file === undefined
      ? {}
      : {
          file,
          ...(at.line === undefined ? {} : { line: String(at.line) }),
          ...(at.column === undefined ? {} : { col: String(at.column) }),
        };
  const title = name === undefined ? check : `${check} ${name}`;
  return command(COMMANDS[severity], { ...place, title }, `${sentenceOf(finding)}. Mend: ${mend}`);
}

/** On one line, whatever stands in it. */
export function command(name: string, properties: Readonly<Record<string, string>>, message: string): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${name} ${list.join(',')}::${escapeData(message)}`;
}

/** The runner reads `%25` and its like back. */
function escapeData(text: string): string {
  return printableText(text).replaceAll('%', '%25');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
