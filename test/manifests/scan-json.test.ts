/** The walk over JSON agrees with JSON.parse. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scanJson } from '../../src/manifests/scan-json.ts';

const indent = fc.constantFrom(undefined, 1, '\t');

const isObject = (item: unknown): boolean => typeof item === 'object' && item !== null && !Array.isArray(item);

it('What JSON.stringify writes has no key twice', () => {
  fc.assert(fc.property(fc.jsonValue(), indent, (value, space) => scanJson(JSON.stringify(value, null, space)).duplicate === undefined));
});

it('The items of a list are cut out whole', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(fc.array(fc.oneof(object, fc.jsonValue())), object, indent, (items, others, space) => {
      const text = JSON.stringify({ ...others, items, kind: 'List' }, null, space);
      const expected = (JSON.parse(text) as { items: unknown[] }).items;
      for (const [index, range] of scanJson(text).items.entries()) {
        if (range !== undefined) expect(JSON.parse(text.slice(...range))).toEqual(expected[index]);
      }
      expect(scanJson(text).items.filter((range) => range !== undefined)).toHaveLength(expected.filter(isObject).length);
    }),
  );
});

it.each<[string, number | undefined]>([
  ['{"a": 1, "a": 2}', 9],
  ['{"a": {"b": 1}, "b": 2}', undefined],
  ['{"a": [{"b": 1}, {"b": 2}]}', undefined],
  ['{"a": "b", "b": "a"}', undefined],
  ['{"a": {"c": [], "c": {}}}', 16],
  ['{"": 1, "": 2}', 8],
  ['{"\\\\": 1, "\\\\\\\\": 2}', undefined],
  ['{"\\"": 1, "\\u0022": 2}', 10],
  ['{"a": ["a", "a"]}', undefined],
  ['{"items": [{"items": [{}]}, [{}], {}]}', undefined],
])('%s has its first second key at %s', (text, duplicate) => {
  expect(scanJson(text).duplicate).toBe(duplicate);
});
