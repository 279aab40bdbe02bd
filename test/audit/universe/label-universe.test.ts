import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeLabelUniverse } from '../../../src/audit/universe/label-universe.ts';
import type { LabelSelector, Labels } from '../../../src/model/labels.ts';
import { matchesSelector } from '../../../src/policy/selector.ts';
import { propertyParameters } from '../../support/generators/parameters.ts';
import { labels, soundSelector } from '../../support/generators/selectors.ts';

/** Which of the selectors match. */
function signature(selectors: readonly LabelSelector[], set: Labels): string {
  return selectors.map((one) => (matchesSelector(one, set) ? '1' : '0')).join('');
}

describe('the universe of labels', () => {
  test('has one set for each combination that is possible, and none that is not', () => {
    const web: LabelSelector = { matchLabels: { app: 'web' } };
    const noWeb: LabelSelector = { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] };
    const { sets, cut } = makeLabelUniverse([web, noWeb, {}]);
    expect(cut).toBe(false);
    expect(new Set(sets.map((set) => signature([web, noWeb, {}], set)))).toEqual(new Set(['011', '101']));
  });

  test('stays small where keys are many', () => {
    const selectors = Array.from({ length: 40 }, (_, index): LabelSelector => ({
      matchLabels: { app: `a${index}`, tier: 'x', [`k${index}`]: 'v' },
    }));
    const { sets, cut } = makeLabelUniverse(selectors);
    expect(cut).toBe(false);
    expect(sets.length).toBeLessThan(200);
  });

  test('says where it was cut', () => {
    const selectors = Array.from({ length: 20 }, (_, index): LabelSelector => ({ matchLabels: { [`k${index}`]: 'v' } }));
    const { sets, cut } = makeLabelUniverse(selectors, {}, 100);
    expect(cut).toBe(true);
    expect(sets.length).toBeLessThanOrEqual(100);
  });

  test('holds the combination of any labels whatever', () => {
    fc.assert(
      fc.property(
        fc.array(soundSelector as fc.Arbitrary<LabelSelector>, { maxLength: 6 }),
        fc.array(labels, { minLength: 1, maxLength: 20 }),
        (selectors, samples) => {
          const { sets, cut } = makeLabelUniverse(selectors);
          expect(cut).toBe(false);
          const known = new Set(sets.map((set) => signature(selectors, set)));
          for (const sample of samples) expect(known, JSON.stringify(sample)).toContain(signature(selectors, sample));
        },
      ),
      propertyParameters('label universe', 500),
    );
  });
});
