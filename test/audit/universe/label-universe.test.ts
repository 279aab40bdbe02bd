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

  test('asks once for all keys that the same selectors ask for alike', () => {
    const base = Array.from({ length: 10 }, (_, index): LabelSelector => ({ matchLabels: { [`a${index}`]: 'v' } }));
    const long: LabelSelector = {
      matchExpressions: Array.from({ length: 300 }, (_, index) => ({
        key: `k${index}`,
        operator: index % 2 === 0 ? 'Exists' : 'NotIn',
        values: ['v'],
      })),
    };
    const never: LabelSelector = {
      matchExpressions: [...long.matchExpressions!, { key: 'n', operator: 'Exists' }, { key: 'n', operator: 'DoesNotExist' }],
    };
    const { sets, cut } = makeLabelUniverse([...base, long, never, long]);
    expect(cut).toBe(false);
    const found = sets.map((set) => signature([long, never, long], set));
    expect([sets.length, found.filter((one) => one === '101').length, found.filter((one) => one === '000').length]).toEqual([
      2048, 1024, 1024,
    ]);
  });

  test.each(['constructor', 'toString', 'valueOf'])('takes the key %s as any other', (key) => {
    const selectors: LabelSelector[] = [{ matchExpressions: [{ key, operator: 'Exists' }] }, { matchLabels: { [key]: 'a' } }];
    const { sets } = makeLabelUniverse(selectors);
    expect(sets.map((set) => signature(selectors, set)).sort()).toEqual(['00', '10', '11']);
  });

  test('says where it was cut', () => {
    const selectors = Array.from({ length: 20 }, (_, index): LabelSelector => ({ matchLabels: { [`k${index}`]: 'v' } }));
    const { sets, cut } = makeLabelUniverse(selectors, 100);
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
          expect(known.size).toBe(sets.length);
          for (const sample of samples) expect(known, JSON.stringify(sample)).toContain(signature(selectors, sample));
        },
      ),
      propertyParameters('label universe', 500),
    );
  });
});
