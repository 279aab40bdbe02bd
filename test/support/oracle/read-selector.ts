/** Label selectors (meta/v1 LabelSelector): reading and matching. */

import type { LabelExpression, LabelSelector, Labels } from '../../../src/model/labels.ts';
import { check, optional, readList, readObject } from './read.ts';
import type { Report } from './read.ts';

const OPERATORS: readonly unknown[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** Undefined where anything in it cannot be read. */
export function readSelector(report: Report, field: string, value: unknown): LabelSelector | undefined {
  const before = report.problems.length;
  const selector = readObject(report, field, value, ['matchLabels', 'matchExpressions']);
  const matchLabels = readObject(report, `${field}.matchLabels`, optional(selector?.['matchLabels']) ?? {}, 'any') ?? {};
  for (const [key, label] of Object.entries(matchLabels)) {
    check(report, `${field}.matchLabels.${key}`, key !== '' && typeof label === 'string', 'must be a text');
  }
  const matchExpressions = readList(report, `${field}.matchExpressions`, selector?.['matchExpressions'], (at, item) =>
    readExpression(report, at, item),
  );
  if (report.problems.length > before) return undefined;
  return { matchLabels: matchLabels as Labels, matchExpressions };
}

function readExpression(report: Report, field: string, value: unknown): LabelExpression {
  const expression = readObject(report, field, value, ['key', 'operator', 'values']) ?? {};
  const { key, operator } = expression;
  const values = readList(report, `${field}.values`, expression['values'], (at, item) => {
    check(report, at, typeof item === 'string', 'must be a text');
    return item as string;
  });
  check(report, `${field}.key`, typeof key === 'string' && key !== '', 'must be a label key');
  check(report, `${field}.operator`, OPERATORS.includes(operator), 'must be In, NotIn, Exists or DoesNotExist');
  if (operator === 'In' || operator === 'NotIn') check(report, `${field}.values`, values.length > 0, `${operator} needs values`);
  else check(report, `${field}.values`, values.length === 0, `${String(operator)} takes no values`);
  return { key, operator, values } as LabelExpression;
}

/** Every label and every expression must hold; NotIn and DoesNotExist hold where the key is absent. */
export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labelOf(labels, key) === value);
  return equal && (selector.matchExpressions ?? []).every((expression) => expressionHolds(expression, labels));
}

function expressionHolds(expression: LabelExpression, labels: Labels): boolean {
  const value = labelOf(labels, expression.key);
  const values = expression.values ?? [];
  switch (expression.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** Only the object's own labels: a selector for `constructor` must not find JavaScript's. */
function labelOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}
