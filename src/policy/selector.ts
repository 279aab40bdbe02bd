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
      return value !== undefined && (expression.values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(expression.values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
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
