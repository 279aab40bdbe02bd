/** What a check found: where, how bad, why it matters, and how to mend it. */

import type { Location } from '../model/error.ts';

/** From bad to harmless; the levels of SARIF. */
export const SEVERITIES = ['error', 'warning', 'note'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Related {
  readonly message: string;
  readonly at: Location;
}

export interface Finding {
  /** `PN001`; see the catalogue. */
  readonly check: string;
  readonly severity: Severity;
  /** One sentence without its full stop, which names what it is about. */
  readonly message: string;
  /** Always with `object` (`NetworkPolicy shop/web`); with file and line where there is a file; with `field` where it is about one (`spec.ingress[0].from[1]`). */
  readonly at: Location;
  /** Other places that the message speaks of. */
  readonly related: readonly Related[];
  /** How to mend this one: one sentence. */
  readonly mend: string;
  /** The same for the same fault after lines have moved: object, field and what was found there. */
  readonly fingerprint: string;
}

/** One kind of fault that is looked for. */
export interface CheckInfo {
  /** `PN001`; never given to another check. */
  readonly id: string;
  /** `workload-not-isolated` */
  readonly name: string;
  readonly severity: Severity;
  /** One sentence. */
  readonly summary: string;
  /** Why it matters: some sentences. */
  readonly why: string;
  readonly mend: string;
  /** YAML that has the fault, and the same without it. */
  readonly bad: string;
  readonly good: string;
}

/** What came of a run of all checks. */
export interface CheckReport {
  /** As `AuditInput.name`. */
  readonly input: string;
  readonly counts: { readonly policies: number; readonly workloads: number; readonly pods: number; readonly namespaces: number };
  /** By severity, then place. */
  readonly findings: readonly Finding[];
  /** Findings that an ignore or the baseline takes away, with its reason. */
  readonly ignored: readonly { readonly finding: Finding; readonly reason: string }[];
  /** What makes the answer less than whole: kinds that are missing, what could not be read, bounds that were met. One sentence each. */
  readonly incomplete: readonly string[];
}
