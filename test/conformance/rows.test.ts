/** Every row of the semantics has a test, every case has a row, and the page says so. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SEMANTICS_CASES } from './cases/semantics.ts';
import { SERVICE_SEMANTICS } from './cases/services/all.ts';
import { UPSTREAM_CASES } from './cases/upstream.ts';
import { ROWS } from './rows/all.ts';
import { renderPage } from './rows/render-page.ts';
import type { RowTest } from './rows/row.ts';

const CASES = [...SEMANTICS_CASES, ...SERVICE_SEMANTICS];
const PAGE = new URL('../../docs/semantics.md', import.meta.url);

/** Titles stand in the file as they are, but for quotes. */
function missingFrom({ file, names = [] }: RowTest): readonly string[] {
  const url = new URL(`../${file}`, import.meta.url);
  if (!existsSync(url)) return [file];
  const text = readFileSync(url, 'utf8').replaceAll('\\', '');
  return names.filter((name) => !text.includes(name)).map((name) => `${file}: ${name}`);
}

describe('the rows of the semantics', () => {
  it('have a test each', () => {
    const without = ROWS.filter(({ cases = [], upstream = [], tests = [] }) => cases.length + upstream.length + tests.length === 0);
    expect(without.map((row) => row.case)).toEqual([]);
  });

  it('name tests and cases that exist', () => {
    const cases = new Set(CASES.map(({ name }) => name));
    const numbers = new Set(UPSTREAM_CASES.map(({ upstream }) => upstream));
    expect(ROWS.flatMap((row) => (row.cases ?? []).filter((name) => !cases.has(name)))).toEqual([]);
    expect(ROWS.flatMap((row) => (row.upstream ?? []).filter((number) => !numbers.has(number)))).toEqual([]);
    expect(ROWS.flatMap((row) => (row.tests ?? []).flatMap(missingFrom))).toEqual([]);
  });

  it('leave out no case, and stand once each', () => {
    const named = new Set(ROWS.flatMap((row) => row.cases ?? []));
    expect(CASES.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
    expect(new Set(ROWS.map((row) => row.case)).size).toBe(ROWS.length);
  });

  it('stand in the page as they are; node scripts/write-semantics.ts writes them', () => {
    const page = readFileSync(PAGE, 'utf8');
    expect(page).toBe(renderPage(page, CASES));
  });
});
