/** The hand-written tables against the oracle: neither is worth anything unless they agree. */

import { describe, expect, it } from 'vitest';
import { byName } from './by-name.ts';
import { PERTURBED_CASES, PERTURBED_GROUPS } from './cases/perturbed/all.ts';
import { SEMANTICS_CASES } from './cases/semantics.ts';
import { SERVICE_SEMANTICS } from './cases/services/all.ts';
import { UPSTREAM_CASES } from './cases/upstream.ts';
import { createOracleJudge } from './judges/oracle.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';

describe('the oracle', () => {
  it('is asked all 48 upstream cases', () => {
    expect(UPSTREAM_CASES.map((each) => each.upstream)).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
  });

  it('is asked all 230 perturbed cases, and no name twice', () => {
    const counts = Object.entries(PERTURBED_GROUPS).map(([group, cases]) => [group, cases.length]);
    expect(Object.fromEntries(counts)).toEqual({
      target: 6,
      rules: 4,
      peers: 112,
      ports: 70,
      actions: 6,
      conflicts: 16,
      namespaceLabel: 2,
      upstream: 13,
      example: 1,
    });
    expect(PERTURBED_CASES).toHaveLength(230);
    expect(new Set(PERTURBED_CASES.map((each) => each.name)).size).toBe(230);
  });

  it.for(byName(UPSTREAM_CASES))('agrees: %s', async ([, each]) => {
    const report = await runCase(each, new Stage(createOracleJudge()));
    expect(report.complaint).toBe('');
    expect(report.probes).toBeGreaterThan(0);
  });

  it.for(byName([...SEMANTICS_CASES, ...SERVICE_SEMANTICS]))('agrees on the row: %s', async ([, each]) => {
    const report = await runCase(each, new Stage(createOracleJudge()));
    expect(report.complaint).toBe('');
  });

  it.for(byName(PERTURBED_CASES))('agrees: %s', async ([, each]) => {
    const report = await runCase(each, new Stage(createOracleJudge()));
    expect(report.complaint).toBe('');
  });
});
