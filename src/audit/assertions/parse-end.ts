/** Reads the ends of an assertion: a name, a selection of pods, a network outside. */

import { describeValue, isRecord, type JsonRecord } from '../../model/decode/fields.ts';
import { PosternError } from '../../model/error.ts';
import { parseAddress, parsePrefix } from '../../model/ip.ts';
import type { LabelExpression, LabelOperator, Labels } from '../../model/labels.ts';
import { nearestName } from '../checks/nearest-name.ts';
import { join, type ConfigReader } from '../config/config-reader.ts';
import { splitPort } from '../explain/explain.ts';
import type { WorkloadKind } from '../input/audit-input.ts';
import type { AssertedEnd, OutsideEnd, PodSelection, QuantifiedEnd } from './assertion.ts';

/** What the ends may name. */
export interface EndContext {
  readonly reader: ConfigReader;
  /** Of the configuration. */
  readonly networks: readonly string[];
}

export const KINDS: readonly WorkloadKind[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'Job',
  'CronJob',
  'Pod',
];

const SELECTION_KEYS = ['namespace', 'namespaceLabels', 'podLabels', 'matchLabels', 'matchExpressions', 'kind', 'mayBeEmpty'];
const OPERATORS: readonly LabelOperator[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
const END_MEND = 'write NAMESPACE/NAME, an address, a selection such as {namespace: shop}, or {outside: 10.0.0.0/8}';
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const NETWORK = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Each problem is reported; what has one is undefined. */
export function parseQuantifiedEnd(value: unknown, field: string, context: EndContext): QuantifiedEnd | undefined {
  const quantifier = isRecord(value) ? (['each', 'some'] as const).find((key) => Object.hasOwn(value, key)) : undefined;
  if (quantifier === undefined) {
    const end = parseEnd(value, field, context, ['each', 'some']);
    return end && { quantifier: 'each', end };
  }
  const map = context.reader.map(value, field, [quantifier]) ?? {};
  const end = parseEnd(map[quantifier], join(field, quantifier), context);
  return end && Object.keys(map).length === 1 ? { quantifier, end } : undefined;
}

/** `beside`: keys that may stand here too, for the sake of what was meant. */
export function parseEnd(value: unknown, field: string, context: EndContext, beside: readonly string[] = []): AssertedEnd | undefined {
  const { reader } = context;
  if (typeof value === 'string') return parseNamed(value, field, reader);
  if (!isRecord(value)) return reader.report(field, `${describeValue(value)} is no end of a connection`, END_MEND);
  if (Object.hasOwn(value, 'outside')) return parseOutside(value, field, context);
  return parseSelection(value, field, reader, beside);
}

function parseNamed(text: string, field: string, reader: ConfigReader): AssertedEnd | undefined {
  if (text.trim() === '') return reader.report(field, 'an empty text is no end of a connection', END_MEND);
  if (hasPort(text)) return reader.report(field, `${describeValue(text)} has a port in it`, 'write the port on its own, as port: 5432');
  return { kind: 'named', text };
}

function hasPort(text: string): boolean {
  try {
    return splitPort(text).port !== undefined;
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    return true;
  }
}

function parseOutside(value: JsonRecord, field: string, { reader, networks }: EndContext): OutsideEnd | undefined {
  const map = reader.map(value, field, ['outside']) ?? {};
  const text = reader.text(map, 'outside', field, 'write a CIDR, an address, or the name of a network');
  if (text === undefined || Object.keys(map).length > 1) return undefined;
  const place = join(field, 'outside');
  if (!/[/:]|^[\d.]+$/.test(text)) {
    if (networks.includes(text)) return { kind: 'outside', text };
    const near = nearestName(text, networks);
    const known = networks.length === 0 ? 'the configuration names none' : `there are ${networks.join(', ')}`;
    return NETWORK.test(text)
      ? reader.report(place, `no network is called ${describeValue(text)}`, near === undefined ? known : `did you mean ${near}?`)
      : reader.report(place, `${describeValue(text)} is neither a CIDR nor the name of a network`, 'write a CIDR such as 10.0.0.0/8');
  }
  try {
    if (text.includes('/')) parsePrefix(text);
    else parseAddress(text);
    return { kind: 'outside', text };
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    return reader.report(place, error.message, error.mend ?? 'write a CIDR such as 10.0.0.0/8');
  }
}

function parseSelection(value: JsonRecord, field: string, reader: ConfigReader, beside: readonly string[]): PodSelection | undefined {
  const before = reader.problems.length;
  const map = reader.map(value, field, [...SELECTION_KEYS, 'outside', ...beside]) ?? {};
  refuseNothing(map, field, reader);
  const namespace = reader.optionalText(map, 'namespace', field, 'write the name of a namespace');
  if (namespace !== undefined && !NAMESPACE.test(namespace))
    reader.report(join(field, 'namespace'), `${describeValue(namespace)} is no namespace`, 'use lower-case letters, digits and "-"');
  const workload = reader.optionalText(map, 'kind', field, `write one of ${KINDS.join(', ')}`);
  const kind = KINDS.find((known) => known === workload);
  if (workload !== undefined && kind === undefined)
    reader.report(join(field, 'kind'), `${describeValue(workload)} is no kind of workload`, `write one of ${KINDS.join(', ')}`);
  const mayBeEmpty = map['mayBeEmpty'] ?? false;
  if (typeof mayBeEmpty !== 'boolean')
    reader.report(join(field, 'mayBeEmpty'), `${describeValue(mayBeEmpty)} is neither true nor false`, 'write true or leave it out');
  const selection: PodSelection = {
    kind: 'selection',
    namespace,
    namespaceLabels: readLabels(map['namespaceLabels'], join(field, 'namespaceLabels'), reader),
    labels: {
      ...readLabels(map['podLabels'], join(field, 'podLabels'), reader),
      ...readLabels(map['matchLabels'], join(field, 'matchLabels'), reader),
    },
    expressions: reader
      .list(map['matchExpressions'], join(field, 'matchExpressions'))
      .flatMap((entry, index) => readExpression(entry, `${join(field, 'matchExpressions')}[${index}]`, reader) ?? []),
    workload: kind,
    mayBeEmpty: mayBeEmpty === true,
  };
  if (Object.hasOwn(map, 'podLabels') && Object.hasOwn(map, 'matchLabels'))
    reader.report(join(field, 'matchLabels'), 'podLabels and matchLabels mean the same', 'write all labels below one of them');
  return reader.problems.length === before ? selection : undefined;
}

/** A key whose value was forgotten must not come to mean anything. */
function refuseNothing(map: JsonRecord, field: string, reader: ConfigReader): void {
  for (const [key, value] of Object.entries(map))
    if (value === null) reader.report(join(field, key), 'it has no value', 'write one, or leave the key out');
}

function readLabels(value: unknown, field: string, reader: ConfigReader): Labels {
  const labels: Record<string, string> = {};
  for (const [key, text] of Object.entries(reader.map(value, field) ?? {})) {
    if (typeof text === 'string' && key !== '') Object.defineProperty(labels, key, { value: text, enumerable: true });
    else reader.report(join(field, key), `${describeValue(text)} is no value of a label`, 'write a text, in quotes if in doubt');
  }
  return labels;
}

function readExpression(value: unknown, field: string, reader: ConfigReader): LabelExpression | undefined {
  if (!isRecord(value)) return reader.report(field, `${describeValue(value)} is no expression`, 'write key, operator and values');
  const map = reader.map(value, field, ['key', 'operator', 'values']) ?? {};
  refuseNothing(map, field, reader);
  const key = reader.text(map, 'key', field, 'name a label');
  const word = reader.text(map, 'operator', field, `write one of ${OPERATORS.join(', ')}`);
  const operator = OPERATORS.find((known) => known === word);
  if (word !== undefined && operator === undefined)
    reader.report(join(field, 'operator'), `${describeValue(word)} is no operator`, `write one of ${OPERATORS.join(', ')}`);
  const place = join(field, 'values');
  const list = reader.list(map['values'], place);
  const values = list.filter((entry) => typeof entry === 'string');
  if (values.length < list.length) reader.report(place, 'a value of a label is a text', 'put each in quotes');
  if (key === undefined || operator === undefined) return undefined;
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues !== list.length > 0)
    reader.report(
      place,
      `${operator} ${wantsValues ? 'needs' : 'takes no'} values`,
      wantsValues ? 'list at least one value' : 'leave the values out',
    );
  return { key, operator, values };
}
