/** Assertions as tests, as reporters of CI systems read them: a suite for each file. */

import type { PairReport } from '../explain/explain-report.ts';
import { junitXml, type JunitCase, type JunitSuite } from '../report/junit-xml.ts';
import { sourceFile } from '../report/source-file.ts';
import type { AssertionResult, TestReport } from './test-report.ts';

/** Files are named from `root`. */
export function testJunit({ results, incomplete }: TestReport, root: string): string {
  const files = Map.groupBy(results, ({ at }) => sourceFile(at, root) ?? 'assertions');
  const suites = [...files].map(([name, cases]): JunitSuite => ({ name, cases: cases.map((result) => caseOf(result, name)) }));
  const missing = incomplete.map((reason): JunitCase => {
    return { name: reason, className: 'input', outcome: { kind: 'error', type: 'incomplete', message: reason } };
  });
  return junitXml('postern audit test', [...suites, ...(missing.length === 0 ? [] : [{ name: 'input', cases: missing }])]);
}

function caseOf({ name, kind, at, outcome, message, pairs, more }: AssertionResult, file: string): JunitCase {
  const details = [...pairs.flatMap(pairLines), ...(more > 0 ? [`and ${more} more`] : [])];
  return {
    name,
    className: file,
    file,
    ...(at.line === undefined ? {} : { line: at.line }),
    ...(outcome === 'holds' ? {} : { outcome: { kind: outcome === 'fails' ? 'failure' : 'error', type: kind, message, details } }),
  };
}

/** One line for the pair, one for each side, and the rules that match. */
function pairLines({ source, destination, port, allowed, ports, sides }: PairReport): string[] {
  return [
    `${source} → ${destination}${port === null ? '' : ` on ${port}`}: ${allowed ? 'allowed' : 'denied'} (of all ports: ${ports})`,
    ...sides.flatMap(({ direction, of, verdict, rules }) => [
      `  ${direction} of ${of}: ${verdict}`,
      ...rules
        .filter((rule) => rule.allows || verdict === 'denied')
        .map(({ policy, rule, text, because, place }) => {
          const where = place === '' ? '' : ` (${place})`;
          return `    ${policy}${rule === null ? '' : ` rule ${rule}`}: ${text} — ${because}${where}`;
        }),
    ]),
  ];
}
