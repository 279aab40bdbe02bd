/** Says at the end of a run which rows of the semantics it has proven: a test that is registered as a proof must have passed, or say why it did not run. */

import type { Row } from '../conformance/rows/row.ts';
import { findUnproven, proofsOf, type RanTest, type Unproven } from '../conformance/rows/proofs.ts';

export interface ProvenRows {
  /** For the end of the run's report; none where there is nothing to say. */
  readonly lines: readonly string[];
  /** A proof is gone, or was left out and does not say why. */
  readonly failed: boolean;
}

/** `whole`: no test file was kept out of the run. The registry is loaded here only: it is not needed to begin. */
export async function reportRows(ran: readonly RanTest[], whole: boolean): Promise<ProvenRows> {
  const { ROWS } = await import('../conformance/rows/all.ts');
  const { SEMANTICS_CASES } = await import('../conformance/cases/semantics.ts');
  const { SERVICE_SEMANTICS } = await import('../conformance/cases/services/all.ts');
  const proofs = proofsOf(ROWS, { plain: SEMANTICS_CASES, services: SERVICE_SEMANTICS });
  return describeRows(ROWS, proofs.length, findUnproven(proofs, ran, whole), whole);
}

export function describeRows(rows: readonly Row[], proofs: number, unproven: readonly Unproven[], whole: boolean): ProvenRows {
  const failed = unproven.some(({ why }) => why === 'missing' || why === 'left out without a reason');
  if (unproven.length === 0)
    return { lines: whole ? [`All ${rows.length} rows of the semantics are proven, by ${proofs} proofs.`] : [], failed };
  const lines = unproven.map(({ proof: { row, file, name }, why, reason }) => {
    const place = name === undefined ? file : `${file} "${name}"`;
    return `  ${row}: ${place} ${why}${reason === undefined ? '' : `: ${reason}`}`;
  });
  return { lines: ['Proofs of the semantics that this run did not give:', ...new Set(lines), ''], failed };
}
