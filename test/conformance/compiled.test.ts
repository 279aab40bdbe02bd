/** The hand-written tables against the compiled maps. One judge goes through all cases, so that what one leaves behind would show in the next. */

import { describe, expect, it } from 'vitest';
import { PERTURBED_CASES } from './cases/perturbed/all.ts';
import { SEMANTICS_CASES } from './cases/semantics.ts';
import { SERVICE_SEMANTICS } from './cases/services/all.ts';
import { UPSTREAM_CASES } from './cases/upstream.ts';
import { createCompiledJudge } from './judges/compiled.ts';
import { runCase } from './run-case.ts';
import { Stage } from './stage.ts';

describe('the compiled maps', () => {
  const stage = new Stage(createCompiledJudge());

  it.for(UPSTREAM_CASES)('agree: $upstream $name', async (each) => {
    expect((await runCase(each, stage)).complaint).toBe('');
  });

  it.for([...SEMANTICS_CASES, ...SERVICE_SEMANTICS])('agree on the row: $name', async (each) => {
    expect((await runCase(each, stage)).complaint).toBe('');
  });

  it.for(PERTURBED_CASES)('agree: $name', async (each) => {
    expect((await runCase(each, stage)).complaint).toBe('');
  });
});
