/** The hand-written tables against the audit: what it says of a cluster is what the cluster does. */

import { describe, expect, it } from 'vitest';
import { byName } from './by-name.ts';
import { PERTURBED_CASES } from './cases/perturbed/all.ts';
import { SEMANTICS_CASES } from './cases/semantics.ts';
import { SERVICE_SEMANTICS } from './cases/services/all.ts';
import { UPSTREAM_CASES } from './cases/upstream.ts';
import { createAuditJudge } from './judges/audit.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';

describe('the audit', () => {
  it.for(byName(UPSTREAM_CASES))('agrees: %s', async ([, each]) => {
    const report = await runCase(each, new Stage(createAuditJudge()));
    expect(report.complaint).toBe('');
    expect(report.probes).toBeGreaterThan(0);
  });

  it.for(byName([...SEMANTICS_CASES, ...SERVICE_SEMANTICS]))('agrees on the row: %s', async ([, each]) => {
    const report = await runCase(each, new Stage(createAuditJudge()));
    expect(report.complaint).toBe('');
  });

  it.for(byName(PERTURBED_CASES))('agrees: %s', async ([, each]) => {
    const report = await runCase(each, new Stage(createAuditJudge()));
    expect(report.complaint).toBe('');
  });
});
