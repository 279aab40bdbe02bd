/** Label selectors from JSON; what the API server would refuse is a problem. */

import type { LabelExpression, LabelOperator, LabelSelector } from '../model/labels.ts';
import { describeValue } from '../model/decode/fields.ts';
import { isLabelKey, isLabelValue, LABEL_KEY_MEND, LABEL_VALUE_MEND } from '../model/name-syntax.ts';
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
    const at = placeOfLabel(`${field}.matchLabels`, key);
    if (!isKey(key, key === '' ? `${field}.matchLabels` : at, reader)) return undefined;
    const value = reader.string(text, at);
    if (value === undefined) return undefined;
    if (!isLabelValue(value)) return reader.report(at, `${describeValue(value)} is no label value`, LABEL_VALUE_MEND);
    matchLabels[key] = value;
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
  if (key === undefined || !isKey(key, `${field}.key`, reader)) return undefined;
  const operator = object['operator'];
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
  // The API server still keeps what it once took: no object has such a value, and that is what the expression says.
  const strange = values.findIndex((entry) => entry !== undefined && !isLabelValue(entry));
  if (strange >= 0) reader.report(`${field}.values[${strange}]`, `${describeValue(values[strange])} is no label value`, LABEL_VALUE_MEND);
  return { key, operator: operator as LabelOperator, values: values.filter((entry) => entry !== undefined) };
}

function isKey(key: string, field: string, reader: FieldReader): boolean {
  if (key === '') reader.report(field, 'an empty label key', 'name the label');
  else if (!isLabelKey(key)) reader.report(field, `${describeValue(key)} is no label key`, LABEL_KEY_MEND);
  return isLabelKey(key);
}

/** A key with points in it must not look like a path. */
function placeOfLabel(field: string, key: string): string {
  return /^[\w-]+$/.test(key) ? `${field}.${key}` : `${field}[${JSON.stringify(key)}]`;
}
