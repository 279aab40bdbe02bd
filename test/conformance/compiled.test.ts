/** The hand-written tables against the compiled maps. One judge goes through all cases, so that what one leaves behind would show in the next. */

import { describe, expect, it } from 'vitest';
import { byName } from './by-name.ts';
import { PERTURBED_CASES } from './cases/perturbed/all.ts';
import { SEMANTICS_CASES } from './cases/semantics.ts';
import { SERVICE_SEMANTICS } from './cases/services/all.ts';
import { UPSTREAM_CASES } from './cases/upstream.ts';
import { createCompiledJudge } from './judges/compiled.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';

describe('the compiled maps', () => {
  const stage = new Stage(createCompiledJudge());

  it.for(byName(UPSTREAM_CASES))('agree: %s', async ([, each]) => {
    expect((await runCase(each, stage)).complaint).toBe('');
  });

  it.for(byName([...SEMANTICS_CASES, ...SERVICE_SEMANTICS]))('agree on the row: %s', async ([, each]) => {
    expect((await runCase(each, stage)).complaint).toBe('');
  });

  it.for(byName(PERTURBED_CASES))('agree: %s', async ([, each]) => {
    expect((await runCase(each, stage)).complaint).toBe('');
  });
});
