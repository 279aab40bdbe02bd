/** Whatever stands where something else should: a problem with its place at most. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { PosternError } from '../../../src/model/error.ts';
import { writeSnapshot } from '../../../src/audit/input/write-snapshot.ts';
import { EVERYTHING } from './everything.ts';
import { readStdin } from './input-support.ts';

type Path = readonly (string | number)[];

const MANIFESTS: readonly unknown[] = parseAllDocuments(EVERYTHING)
  .map((document): unknown => document.toJS())
  .filter((manifest) => manifest !== null);

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const below = Object.entries(value).flatMap(([key, part]) => pathsOf(part, [...path, Array.isArray(value) ? Number(key) : key]));
  return [path, ...below];
}

function replace(value: unknown, [step, ...rest]: Path, by: unknown): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((part: unknown, index) => (index === step ? replace(part, rest, by) : part));
  const record = value as Readonly<Record<string, unknown>>;
  return { ...record, [step]: replace(record[step], rest, by) };
}

const spoilt = fc
  .constantFrom(...MANIFESTS)
  .chain((manifest) => fc.tuple(fc.constant(manifest), fc.constantFrom(...pathsOf(manifest)), fc.jsonValue({ maxDepth: 2 })))
  .map(([manifest, path, by]) => replace(manifest, path, by));

describe('an object with anything anywhere', () => {
  it('is read, or is a problem with its line; and a snapshot of what was read says the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(spoilt, { minLength: 1, maxLength: 3 }), async (manifests) => {
        const input = await readStdin(manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n'));
        for (const problem of input.problems) {
          expect(problem).toBeInstanceOf(PosternError);
          expect(problem.at).toMatchObject({ file: '<stdin>', line: expect.any(Number) });
        }
        const text = writeSnapshot(input);
        expect(writeSnapshot(await readStdin(text))).toBe(text);
      }),
      { numRuns: 1500 },
    );
  });
});
