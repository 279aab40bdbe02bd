/** What makes an answer about an input less than whole, one sentence each. */

import { formatError } from '../../model/error.ts';
import type { AuditInput } from './audit-input.ts';

export function describeMissing({ missing }: Pick<AuditInput, 'missing'>): string[] {
  return missing.map(({ kind, reason }) => `${kind}: ${reason}`);
}

/** What it lacks, then what could not be read. */
export function describeGaps(input: Pick<AuditInput, 'missing' | 'problems'>): string[] {
  return [...describeMissing(input), ...input.problems.map(formatError)];
}
