/** Reads a file of assertions, strictly: a word that means nothing is an error, lest an assertion that asserts nothing holds for ever. */

import { describeValue, isRecord, type JsonRecord } from '../../model/decode/fields.ts';
import type { PosternError } from '../../model/error.ts';
import type { Direction } from '../../model/verdict.ts';
import { join, type ConfigReader } from '../config/config-reader.ts';
import { openDocument } from '../config/open-document.ts';
import type { AssertedEnd, Assertion } from './assertion.ts';
import { parseAskedPorts } from './parse-asked-ports.ts';
import { parseEnd, parseQuantifiedEnd, type EndContext } from './parse-end.ts';

export interface ParsedTestFile {
  readonly assertions: readonly Assertion[];
  /** `E_TEST`; where there is any, the file is not to be used. */
  readonly problems: readonly PosternError[];
}

/** What makes an assertion one, and the keys that stand beside it. */
const FORMS: Readonly<Record<Assertion['kind'], readonly string[]>> = {
  allow: [],
  deny: [],
  onlyFrom: ['to', 'port'],
  onlyTo: ['from', 'port'],
  isolated: ['of'],
};
const KINDS = Object.keys(FORMS) as readonly Assertion['kind'][];
const DIRECTIONS: Readonly<Record<string, readonly Direction[]>> = {
  ingress: ['ingress'],
  egress: ['egress'],
  both: ['ingress', 'egress'],
};

/** `networks`: names of the configuration's. Never throws for bad input. */
export function parseTestFile(text: string, file: string, networks: readonly string[] = []): ParsedTestFile {
  const opened = openDocument('E_TEST', text, file);
  if ('broken' in opened) return { assertions: [], problems: [opened.broken] };
  const { reader, value } = opened;
  const map = reader.map(value, '', ['assertions']) ?? {};
  const list = reader.list(map['assertions'], 'assertions');
  if (list.length === 0 && reader.problems.length === 0)
    reader.report('', 'it asserts nothing', 'write a list of assertions below the key assertions');
  const assertions = list.flatMap((entry, index) => parseAssertion(entry, `assertions[${index}]`, { reader, networks }) ?? []);
  reportTwice(assertions, reader);
  return { assertions, problems: reader.problems };
}

function parseAssertion(value: unknown, field: string, context: EndContext): Assertion | undefined {
  const { reader } = context;
  if (!isRecord(value))
    return reader.report(field, `${describeValue(value)} is no assertion`, `write a name, and one of ${KINDS.join(', ')}`);
  const kinds = KINDS.filter((kind) => Object.hasOwn(value, kind));
  const [kind] = kinds;
  const before = reader.problems.length;
  const beside = kind === undefined ? [...KINDS, 'from', 'to', 'of', 'port'] : [...kinds, ...kinds.flatMap((one) => FORMS[one])];
  const map = reader.map(value, field, ['name', ...beside]) ?? {};
  if (kind === undefined && reader.problems.length === before)
    reader.report(field, 'it asserts nothing', `write one of ${KINDS.join(', ')}`);
  const name = reader.text(map, 'name', field, 'say what is asserted: it is what is read when it does not hold');
  if (kind === undefined) return undefined;
  if (kinds.length > 1) return reader.report(field, `it is ${kinds.join(' and ')} at once`, 'write an assertion of its own for each');
  const common = { name: name ?? '', at: reader.at(field) };
  const assertion = parseKind(kind, map, field, context, common);
  return reader.problems.length === before ? assertion : undefined;
}

function parseKind(
  kind: Assertion['kind'],
  map: JsonRecord,
  field: string,
  context: EndContext,
  common: Pick<Assertion, 'name' | 'at'>,
): Assertion | undefined {
  const { reader } = context;
  switch (kind) {
    case 'allow':
    case 'deny': {
      const place = join(field, kind);
      if (!isRecord(map[kind])) return reader.report(place, `${describeValue(map[kind])} has no ends`, 'write from, to and port below it');
      const pair = reader.map(map[kind], place, ['from', 'to', 'port']) ?? {};
      const [from, to] = (['from', 'to'] as const).map((key) =>
        Object.hasOwn(pair, key)
          ? parseQuantifiedEnd(pair[key], join(place, key), context)
          : reader.report(place, `it has no ${key}`, `say ${key} whom`),
      );
      const ports = parseAskedPorts(pair['port'], join(place, 'port'), reader);
      return from && to && { ...common, kind, from, to, ports };
    }
    case 'onlyFrom':
    case 'onlyTo': {
      const key = kind === 'onlyFrom' ? 'to' : 'from';
      const own = parseOwn(map, key, field, context);
      const place = join(field, kind);
      if (map[kind] === null) reader.report(place, 'nothing stands where a list is needed', 'write [] to mean nobody at all');
      const peers = reader.list(map[kind], place).flatMap((entry, index) => parseEnd(entry, `${place}[${index}]`, context) ?? []);
      const ports = parseAskedPorts(map['port'], join(field, 'port'), reader);
      if (kind === 'onlyTo' && ports?.some((port) => 'name' in port) === true)
        reader.report(join(field, 'port'), 'a name is each destination’s own port', 'give the port by its number');
      return own && { ...common, kind, own, peers, ports };
    }
    case 'isolated': {
      const of = parseOwn(map, 'of', field, context);
      const word = map[kind];
      const directions = typeof word === 'string' && Object.hasOwn(DIRECTIONS, word) ? DIRECTIONS[word] : undefined;
      if (directions === undefined)
        reader.report(join(field, kind), `${describeValue(word)} is no direction`, 'write ingress, egress or both');
      return of && directions && { ...common, kind, directions, of };
    }
  }
}

/** Whose policies are asked: pods. */
function parseOwn(map: JsonRecord, key: string, field: string, context: EndContext): AssertedEnd | undefined {
  const { reader } = context;
  if (!Object.hasOwn(map, key)) return reader.report(field, `it has no ${key}`, 'say which pods are meant');
  const end = parseEnd(map[key], join(field, key), context);
  if (end?.kind !== 'outside') return end;
  return reader.report(
    join(field, key),
    'policies are those of pods, and this is a network outside',
    'name a workload or a selection of pods',
  );
}

/** Reports name assertions by their names alone. */
function reportTwice(assertions: readonly Assertion[], reader: ConfigReader): void {
  const names = new Set<string>();
  for (const { name, at } of assertions) {
    if (names.has(name))
      reader.report(join(at.field ?? '', 'name'), `two assertions are called ${describeValue(name)}`, 'give each its own name');
    names.add(name);
  }
}
