/** The JUnit report as an XML parser reads it. */

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import type { CheckReport } from '../../../src/audit/finding.ts';
import { junitReport } from '../../../src/audit/report/junit-report.ts';
import { CHECKS, HOSTILE, MIXED, report } from './build-report.ts';

interface Case {
  readonly name: string;
  readonly file?: string;
  readonly line?: string;
  readonly failure?: { readonly type: string; readonly message: string; readonly '#text': string };
  readonly error?: { readonly message: string };
  readonly skipped?: { readonly message: string };
}

interface Suite {
  readonly name: string;
  readonly tests: string;
  readonly failures: string;
  readonly testcase: readonly Case[];
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  isArray: (name) => name === 'testsuite' || name === 'testcase',
  htmlEntities: true,
});

function read(written: CheckReport): {
  readonly tests: string;
  readonly failures: string;
  readonly errors: string;
  readonly skipped: string;
  readonly testsuite: readonly Suite[];
} {
  const text = junitReport(written, CHECKS, process.cwd());
  expect(XMLValidator.validate(text)).toBe(true);
  return (parser.parse(text) as { testsuites: ReturnType<typeof read> }).testsuites;
}

describe('the JUnit report', () => {
  it('has a suite for each check and a failure for each finding', () => {
    const { testsuite, tests, failures, errors, skipped } = read(MIXED);
    expect(testsuite.map(({ name }) => name)).toEqual([
      'PN001 workload-not-isolated',
      'PN002 policy-selects-nothing',
      'PN003 world-open',
      'input',
    ]);
    expect({ tests, failures, errors, skipped }).toEqual({ tests: '6', failures: '3', errors: '2', skipped: '1' });
    const [failed, ignored] = testsuite[0]?.testcase ?? [];
    expect(failed).toMatchObject({
      file: 'shop/web.yaml',
      line: '12',
      failure: { type: 'warning', message: 'no policy isolates Deployment shop/web for ingress' },
    });
    expect(failed?.failure?.['#text']).toContain('mend: select it by a policy');
    expect(ignored?.skipped?.message).toBe('until the move');
  });

  it('has a passed case for each check that found nothing', () => {
    const { testsuite, failures } = read(report());
    expect(failures).toBe('0');
    expect(testsuite).toHaveLength(CHECKS.length);
    for (const { testcase } of testsuite) expect(testcase).toMatchObject([{ name: 'no findings' }]);
  });

  it('does not let pass what was not looked at', () => {
    expect(
      read(MIXED)
        .testsuite.at(-1)
        ?.testcase.map(({ error }) => error?.message),
    ).toEqual(MIXED.incomplete);
  });

  it('writes hostile names so that XML can hold them, and nothing is taken for markup', () => {
    const text = junitReport(HOSTILE, CHECKS, process.cwd());
    expect(text).not.toMatch(/[^\P{Cc}\n]|<script|\ud800/u);
    const [hostile] = read(HOSTILE).testsuite[0]?.testcase ?? [];
    expect(hostile?.failure?.message).toContain(String.raw`a|b<script>alert(1)</script>\n::error::x\r\u0000\u001b[31m\u202e %0A "q"`);
    expect(hostile?.failure?.message).toContain(String.raw`]]> 😀 \ud800`);
  });
});
