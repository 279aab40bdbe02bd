/** Labels and label selectors, mostly sound. */

import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Labels } from '../../../src/model/labels.ts';
import { LABEL_KEYS, LABEL_VALUES, NAMESPACES } from './vocabulary.ts';
import { sometimes } from './weights.ts';

export const labels: Arbitrary<Labels> = fc.dictionary(fc.constantFrom(...LABEL_KEYS), fc.constantFrom(...LABEL_VALUES), {
  maxKeys: 3,
  noNullPrototype: true,
});

const values = fc.uniqueArray(fc.constantFrom(...LABEL_VALUES), { minLength: 1, maxLength: 2 });
const key = fc.constantFrom(...LABEL_KEYS);

const expression = fc.oneof(
  fc.record({ key, operator: fc.constantFrom('In', 'NotIn'), values }),
  fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
  fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist'), values: fc.constantFrom([], null) }),
);

const nameExpression = fc.record({
  key: fc.constant('kubernetes.io/metadata.name'),
  operator: fc.constantFrom('In', 'NotIn'),
  values: fc.uniqueArray(fc.constantFrom(...NAMESPACES), { minLength: 1, maxLength: 2 }),
});

const oddSelector: Arbitrary<unknown> = fc.constantFrom(
  'app=web',
  ['app'],
  { app: 'web' },
  { matchLabels: { app: 1 } },
  { matchLabels: 'app' },
  { matchExpressions: [{ key: 'app', operator: 'Gt', values: ['1'] }] },
  { matchExpressions: [{ key: 'app', operator: 'In', values: [] }] },
  { matchExpressions: [{ key: 'app', operator: 'NotIn' }] },
  { matchExpressions: [{ key: 'app', operator: 'Exists', values: ['web'] }] },
  { matchExpressions: [{ operator: 'Exists' }] },
  { matchExpressions: [{ key: 'app', operator: 'In', values: [7] }] },
  { matchExpressions: { key: 'app', operator: 'Exists' } },
);

export const soundSelector: Arbitrary<unknown> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 4, arbitrary: fc.record({ matchLabels: labels }) },
  { weight: 3, arbitrary: fc.record({ matchExpressions: fc.array(expression, { minLength: 1, maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ matchLabels: labels, matchExpressions: fc.array(expression, { maxLength: 2 }) }) },
);

export const selector = sometimes(oddSelector, soundSelector);

export const namespaceSelector = fc.oneof(
  { weight: 3, arbitrary: selector },
  { weight: 1, arbitrary: fc.record({ matchExpressions: fc.tuple(nameExpression) }) },
);
