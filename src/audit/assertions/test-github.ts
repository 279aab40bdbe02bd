/** Assertions that do not hold as workflow commands of GitHub Actions, which show them beside their lines. */

import type { PairReport } from '../explain/explain-report.ts';
import { command } from '../report/github-report.ts';
import { sourceFile } from '../report/source-file.ts';
import type { AssertionResult, TestReport } from './test-report.ts';
import { summarizeTests } from './test-text.ts';

/** Files are named from `root`, that of the checkout. */
export function testGithub(report: TestReport, root: string): string {
  return [
    ...report.results.filter(({ outcome }) => outcome !== 'holds').map((result) => annotation(result, root)),
    ...report.incomplete.map((reason) => command('warning', { title: 'Policy test: incomplete' }, reason)),
    // Names of the input stay out of it: this line is no command, and must not become one.
    `Policy test: ${summarizeTests(report)}`,
    '',
  ].join('\n');
}

function annotation({ name, at, message, pairs }: AssertionResult, root: string): string {
  const file = sourceFile(at, root);
  const line = at.line === undefined ? {} : { line: String(at.line) };
  const column = at.column === undefined ? {} : { col: String(at.column) };
  const place = file === undefined ? {} : { file, ...line, ...column };
  const example = pairs[0] === undefined ? '' : `. ${describePair(pairs[0])}`;
  return command('error', { ...place, title: name }, `${message}${example}`);
}

function describePair({ source, destination, port, sides }: PairReport): string {
  const rules = sides.flatMap((side) => side.rules.filter(({ allows }) => allows).map(({ policy, rule }) => `${policy} rule ${rule}`));
  const by = rules.length === 0 ? '' : `; rules that match: ${rules.join(', ')}`;
  return `${source} to ${destination}${port === null ? '' : ` on ${port}`}${by}`;
}
