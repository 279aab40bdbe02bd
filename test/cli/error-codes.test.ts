/** Every code of an error is explained in the docs. */

import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

function codesIn(pattern: string, files: RegExp): Set<string> {
  return new Set(globSync(pattern).flatMap((file) => [...readFileSync(file, 'utf8').matchAll(files)].map(([, code]) => code ?? '')));
}

test('codes of errors are explained, and what is explained is there', () => {
  const thrown = codesIn('src/**/*.ts', /['[](E_[A-Z_]*[A-Z])['\]]/g);
  const explained = codesIn('docs/*.md', /`\[?(E_[A-Z_]*[A-Z])\]?`/g);
  expect(thrown.size).toBeGreaterThan(80);
  expect([...thrown].filter((code) => !explained.has(code))).toEqual([]);
  expect([...explained].filter((code) => !thrown.has(code))).toEqual([]);
});
