import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../src/audit/checks/catalogue.ts';
import { SEVERITIES } from '../../../src/audit/finding.ts';
import { runChecks } from '../../../src/audit/run-checks.ts';
import { readText } from '../support/read-text.ts';
import { checksTable, insertChecks } from './checks-table.ts';

/** Its example would be tens of thousands of lines: test/audit/checks/policy-shape.test.ts has one. */
const WITHOUT_EXAMPLE = new Set(['PN026']);

describe('the catalogue', () => {
  test('has ids and names that are unique', () => {
    expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
    for (const { id, name, severity, summary, why, mend } of CATALOGUE) {
      expect(id).toMatch(/^PN\d{3}$/);
      expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/);
      expect(SEVERITIES).toContain(severity);
      expect(summary).toMatch(/[^.]$/);
      expect(why).toMatch(/\.$/);
      expect(mend).toMatch(/[^.]$/);
    }
  });

  test('stands in docs/audit.md as it is', () => {
    const page = readFileSync('docs/audit.md', 'utf8');
    expect(page, 'run: node scripts/write-audit-docs.ts').toBe(insertChecks(page, checksTable()));
  });

  describe.each(CATALOGUE.filter(({ id }) => !WITHOUT_EXAMPLE.has(id)))('$id $name', (check) => {
    const run = async (text: string) => {
      const input = await readText(text);
      expect(input.problems).toEqual([]);
      return runChecks(input, { catalogue: [check] });
    };

    test('finds what its bad example has, at its place', async () => {
      const { findings } = await run(check.bad);
      expect(findings.length, JSON.stringify(findings)).toBeGreaterThan(0);
      for (const finding of findings) {
        expect(finding.check).toBe(check.id);
        expect(finding.at.line).toBeGreaterThan(0);
        expect(finding.at.object).toMatch(/^\w+ \S+$/);
        expect(finding.message).toMatch(/[^.]$/);
      }
    });

    test('finds nothing in its good example', async () => {
      const { findings } = await run(check.good);
      expect(findings.map(({ message }) => message)).toEqual([]);
    });

    test('finds nothing where nothing is', async () => {
      const { findings } = await run('');
      expect(findings).toEqual([]);
    });
  });
});
