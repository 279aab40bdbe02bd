/** Label selectors from JSON; what the API server would refuse is a problem. */

import type { LabelExpression, LabelOperator, LabelSelector } from '../model/labels.ts';
import type { FieldReader } from './field-reader.ts';

const OPERATORS: readonly string[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'] satisfies LabelOperator[];

/** `undefined` where the selector cannot be read. Null and absent count as `{}`, which selects everything. */
export function parseSelector(value: unknown, field: string, reader: FieldReader): LabelSelector | undefined {
  const object = reader.object(value, field, ['matchLabels', 'matchExpressions']);
  if (object === undefined) return undefined;
  const labels = object['matchLabels'] ?? {};
  if (typeof labels !== 'object' || Array.isArray(labels)) {
    return reader.report(`${field}.matchLabels`, 'expected labels', 'write one "key: value" a line');
  }
  const matchLabels: Record<string, string> = {};
  for (const [key, text] of Object.entries(labels)) {
    if (key === '') return reader.report(`${field}.matchLabels`, 'an empty label key', 'name the label');
    const label = reader.string(text, `${field}.matchLabels.${key}`);
    if (label === undefined) return undefined;
    matchLabels[key] = label;
  }
  const list = reader.list(object['matchExpressions'], `${field}.matchExpressions`);
  const matchExpressions = list?.map((entry, index) => parseExpression(entry, `${field}.matchExpressions[${index}]`, reader));
  if (matchExpressions === undefined || matchExpressions.includes(undefined)) return undefined;
  return { matchLabels, matchExpressions: matchExpressions.filter((expression) => expression !== undefined) };
}

function parseExpression(value: unknown, field: string, reader: FieldReader): LabelExpression | undefined {
  const object = reader.entry(value, field, ['key', 'operator', 'values']);
  if (object === undefined) return undefined;
  const key = reader.string(object['key'], `${field}.key`);
  if (key === '') return reader.report(`${field}.key`, 'an empty label key', 'name the label');
  const operator = object['operator'];
  if (key === undefined) return undefined;
  if (typeof operator !== 'string' || !OPERATORS.includes(operator)) {
    return reader.report(`${field}.operator`, `unknown operator ${JSON.stringify(operator)}`, `use one of ${OPERATORS.join(', ')}`);
  }
  const values = reader.list(object['values'], `${field}.values`)?.map((entry, index) => reader.string(entry, `${field}.values[${index}]`));
  if (values === undefined || values.includes(undefined)) return undefined;
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues !== values.length > 0) {
    const mend = wantsValues ? 'list at least one value' : 'leave the values out';
    return reader.report(`${field}.values`, `${operator} ${wantsValues ? 'needs' : 'takes no'} values`, mend);
  }
  return { key, operator: operator as LabelOperator, values: values.filter((entry) => entry !== undefined) };
}
