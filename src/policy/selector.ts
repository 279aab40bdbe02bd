/** Label selectors: their meaning, and a key that is equal for selectors of equal text. */

import type { LabelExpression, LabelSelector, Labels } from '../model/labels.ts';

/** The API's meta/v1 rule: every matchLabels pair and every expression must hold; NotIn and DoesNotExist also hold where the key is absent. */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  for (const key in selector.matchLabels) {
    if (labels[key] !== selector.matchLabels[key]) return false;
  }
  return (selector.matchExpressions ?? []).every((expression) => matchesExpression(expression, labels));
}

function matchesExpression(expression: LabelExpression, labels: Labels): boolean {
  const value = Object.hasOwn(labels, expression.key) ? labels[expression.key] : undefined;
  switch (expression.operator) {
    case 'In':
      return value !== undefined && valuesOf(expression).has(value);
    case 'NotIn':
      return value === undefined || !valuesOf(expression).has(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

const valueSets = new WeakMap<LabelExpression, ReadonlySet<string>>();

/** A list of thousands of values is asked for each pod. */
function valuesOf(expression: LabelExpression): ReadonlySet<string> {
  let values = valueSets.get(expression);
  if (values === undefined) valueSets.set(expression, (values = new Set(expression.values)));
  return values;
}

/**
 * Labels of which a pod must have one to be selected, as `key=value`: those of the requirement with the fewest. `undefined` where pods may be selected
 * without having any label.
 */
export function requiredLabels(selector: LabelSelector): readonly string[] | undefined {
  for (const key in selector.matchLabels) return [labelText(key, selector.matchLabels[key] ?? '')];
  let fewest: readonly string[] | undefined;
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    if (operator !== 'In' || (fewest !== undefined && fewest.length <= (values ?? []).length)) continue;
    fewest = (values ?? []).map((value) => labelText(key, value));
  }
  return fewest;
}

/** Names a label in an index. */
export function labelText(key: string, value: string): string {
  return `${key}=${value}`;
}

/** Content name of a selector; order of labels, expressions and values does not matter. */
export function selectorKey(selector: LabelSelector): string {
  const labels = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }) => `${key} ${operator} (${[...(values ?? [])].sort().join(',')})`,
  );
  return [...labels, ...expressions].sort().join(';');
}

export function labelsKey(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(';');
}
