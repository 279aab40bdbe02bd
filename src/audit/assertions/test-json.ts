/** A report of assertions as JSON. */

import { jsonText } from '../report/json-text.ts';
import { VERSION } from '../../model/version.ts';
import type { TestReport } from './test-report.ts';

/** Grows when something that was there is taken away or changes its meaning; additions leave it. */
const REPORT_VERSION = 1;

export function testJson({ input, results, incomplete }: TestReport): string {
  const count = (outcome: string): number => results.filter((result) => result.outcome === outcome).length;
  const document = {
    version: REPORT_VERSION,
    tool: { name: 'postern', version: VERSION },
    input,
    counts: { assertions: results.length, hold: count('holds'), fail: count('fails'), error: count('error') },
    complete: incomplete.length === 0,
    incomplete,
    assertions: results,
  };
  return jsonText(document);
}
