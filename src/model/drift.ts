/** What a comparison of the kernel with what it was told has found. */

/**
 * `missing`: told and not there. `changed`: there, and not as told. `foreign`: there and never told. `hidden`: other programs run before ours.
 * `severed`: what is left of an attachment whose interface is gone, or that somebody detached.
 */
export type DriftKind = 'missing' | 'changed' | 'foreign' | 'hidden' | 'severed';

export interface Drift {
  /** One of `DriftReport.compared`. */
  readonly what: string;
  readonly kind: DriftKind;
  /** e.g. `10.0.0.7`, `interface 12 in` */
  readonly where: string;
  /** `null`: nothing. */
  readonly expected: string | null;
  readonly found: string | null;
  readonly repaired: boolean;
  /** Why it was not repaired, where a repair was asked for; or what is left to do. */
  readonly note?: string;
}

/** One line of the report: a map, or one kind of attachment. */
export interface Compared {
  readonly what: string;
  /** How many there should be. */
  readonly count: number;
  readonly differed: number;
  readonly repaired: number;
}

export interface DriftReport {
  readonly compared: readonly Compared[];
  /** At most `DRIFTS_LISTED` for each line of `compared`. */
  readonly drifts: readonly Drift[];
  readonly durationMs: number;
  /** The longest time in one piece that the comparison kept everything else waiting. */
  readonly longestPieceMs: number;
}

export const DRIFTS_LISTED = 20;

export function countDiffered(report: DriftReport): number {
  return report.compared.reduce((sum, { differed }) => sum + differed, 0);
}

export function countRepaired(report: DriftReport): number {
  return report.compared.reduce((sum, { repaired }) => sum + repaired, 0);
}
