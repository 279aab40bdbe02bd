/** Runs the checks over an input: from the compiled model to a report. */

import { compareText } from '../manifests/manifests.ts';
import type { Location } from '../model/error.ts';
import { CATALOGUE } from './checks/catalogue.ts';
import type { Check, CheckContext, Sighting } from './checks/check.ts';
import { SEVERITIES, type CheckReport, type Finding, type Severity } from './finding.ts';
import { AuditModel, type AuditModelOptions } from './model/audit-model.ts';
import { Reach } from './model/reach.ts';
import type { AuditInput } from './input/audit-input.ts';
import { describeGaps } from './input/describe-gaps.ts';

export interface CheckOptions extends AuditModelOptions {
  /** By id, for those that differ from the catalogue's. */
  readonly severities?: Readonly<Record<string, Severity | 'off'>>;
  /** Default: all. */
  readonly catalogue?: readonly Check[];
}

export function runChecks(input: AuditInput, options: CheckOptions = {}): CheckReport {
  const model = new AuditModel(input, options);
  const incomplete = new Set(describeGaps(input));
  const context: CheckContext = { model, reach: new Reach(model), incomplete: (sentence) => void incomplete.add(sentence) };
  const findings = (options.catalogue ?? CATALOGUE).flatMap((check) => {
    const severity = options.severities?.[check.id] ?? check.severity;
    return severity === 'off' ? [] : [...check.run(context)].map((sighting) => makeFinding(check, severity, sighting));
  });
  return {
    input: input.name,
    counts: {
      policies: model.policies.size,
      workloads: input.workloads.length,
      pods: input.workloads.reduce((sum, { pods }) => sum + pods.length, 0),
      namespaces: model.namespaceNames.size,
    },
    findings: sortFindings(findings),
    ignored: [],
    incomplete: [...incomplete],
  };
}

function makeFinding(check: Check, severity: Severity, { message, at, related = [], mend = check.mend, key = '' }: Sighting): Finding {
  const fingerprint = [check.id, at.object ?? '', at.field ?? '', key].join('|');
  return { check: check.id, severity, message, at, related, mend, fingerprint };
}

export function sortFindings(findings: readonly Finding[]): Finding[] {
  const rank = ({ severity }: Finding): number => SEVERITIES.indexOf(severity);
  return findings.toSorted((a, b) => rank(a) - rank(b) || comparePlaces(a.at, b.at) || compareText(a.check, b.check));
}

function comparePlaces(a: Location, b: Location): number {
  return (
    compareText(a.file ?? '', b.file ?? '') ||
    (a.line ?? 0) - (b.line ?? 0) ||
    (a.column ?? 0) - (b.column ?? 0) ||
    compareText(a.object ?? '', b.object ?? '') ||
    compareText(a.field ?? '', b.field ?? '')
  );
}
