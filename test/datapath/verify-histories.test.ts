/** Whatever has happened, a compiler and what its plans made of the maps agree, also while removals wait. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesiredState } from '../../src/datapath/port.ts';
import { history } from '../support/generators/histories.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { Endpoints } from '../properties/endpoints.ts';

function desiredBy({ compiler }: Endpoints): DesiredState {
  return {
    operations: (kind) => compiler.desired(kind),
    generation: compiler.generation,
    settle: () => true,
    guarded: () => [],
    roleOf: () => 'none',
    replaceConfigs: () => undefined,
    judgeAgain: () => undefined,
    ranOpen: () => undefined,
  };
}

describe('after every flush and every sweep', () => {
  it('nothing differs', async () => {
    let rows = 0;
    await fc.assert(
      fc.asyncProperty(history, fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }), async (events, sweeps) => {
        const endpoints = new Endpoints();
        for (const [turn, event] of events.entries()) {
          endpoints.tell([event]);
          if (sweeps[turn % sweeps.length] === true) endpoints.sweep();
          const { drifts, compared } = await endpoints.datapath.verify(desiredBy(endpoints), false);
          expect(drifts).toEqual([]);
          rows += compared.filter(({ what }) => what === 'pairs').reduce((sum, { count }) => sum + count, 0);
        }
      }),
      propertyParameters('histories', 200),
    );
    expect(rows).toBeGreaterThan(1000);
  });
});
