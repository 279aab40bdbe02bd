/** The hand-written tables against the oracle: neither is worth anything unless they agree. */

import { describe, expect, it } from 'vitest';
import { SEMANTICS_CASES } from './cases/semantics.ts';
import { UPSTREAM_CASES } from './cases/upstream.ts';
import { createOracleJudge } from './judges/oracle.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';

describe('the oracle', () => {
  it('is asked all 48 upstream cases', () => {
    expect(UPSTREAM_CASES.map((each) => each.upstream)).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
  });

  it.for(UPSTREAM_CASES)('agrees: $upstream $name', async (each) => {
    const report = await runCase(each, new Stage(createOracleJudge()));
    expect(report.complaint).toBe('');
    expect(report.probes).toBeGreaterThan(0);
  });

  it.for(SEMANTICS_CASES)('agrees on the row: $name', async (each) => {
    const report = await runCase(each, new Stage(createOracleJudge()));
    expect(report.complaint).toBe('');
  });
});
