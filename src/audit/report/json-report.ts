/** Findings as JSON, in the form that `schemas/audit-report.schema.json` describes. */

import { jsonText } from './json-text.ts';
import type { CheckInfo, CheckReport, Finding } from '../finding.ts';
import { VERSION } from '../../model/version.ts';
import { countSeverities } from './count-findings.ts';

/** Grows when something that was there is taken away or changes its meaning; additions leave it. */
export const REPORT_VERSION = 1;
export const REPORT_SCHEMA = 'https://postern.dev/schemas/audit-report-1.schema.json';

export function jsonReport(report: CheckReport, checks: readonly CheckInfo[]): string {
  const names = new Map(checks.map(({ id, name }) => [id, name]));
  const write = ({ check, severity, message, at, related, mend, fingerprint }: Finding): object => ({
    check,
    name: names.get(check) ?? check,
    severity,
    message,
    at,
    related,
    mend,
    fingerprint,
  });
  const { input, counts, findings, ignored, incomplete } = report;
  const severities = countSeverities(findings);
  const document = {
    $schema: REPORT_SCHEMA,
    version: REPORT_VERSION,
    tool: { name: 'postern', version: VERSION },
    input,
    counts: { ...counts, errors: severities.error, warnings: severities.warning, notes: severities.note, ignored: ignored.length },
    complete: incomplete.length === 0,
    incomplete,
    findings: findings.map(write),
    ignored: ignored.map(({ finding, reason }) => ({ reason, finding: write(finding) })),
  };
  return jsonText(document);
}
