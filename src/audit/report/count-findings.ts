/** How many findings of which severity a report has, and whether they are too many. */

import type { CheckReport, Finding, Severity } from '../finding.ts';
import { SEVERITIES } from '../finding.ts';

export const FAIL_ON = [...SEVERITIES, 'never'] as const;
/** The mildest severity that makes an audit fail. */
export type FailOn = (typeof FAIL_ON)[number];

export function countSeverities(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}

/** Ignored findings do not count. */
export function reachesSeverity(report: CheckReport, failOn: FailOn): boolean {
  if (failOn === 'never') return false;
  const mildest = SEVERITIES.indexOf(failOn);
  return report.findings.some(({ severity }) => SEVERITIES.indexOf(severity) <= mildest);
}

/** `3 findings: 1 error, 2 warnings` or `no findings`. */
export function findingsText(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'no findings';
  const counts = countSeverities(findings);
  const parts = SEVERITIES.filter((severity) => counts[severity] > 0).map((severity) => countText(counts[severity], severity));
  return `${countText(findings.length, 'finding')}: ${parts.join(', ')}`;
}

/** `12 policies, 1 workload, 30 pods, 3 namespaces` */
export function inputText({ policies, workloads, pods, namespaces }: CheckReport['counts']): string {
  return [
    countText(policies, 'policy', 'policies'),
    countText(workloads, 'workload'),
    countText(pods, 'pod'),
    countText(namespaces, 'namespace'),
  ].join(', ');
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
