/** What is written about assertions, whatever the names in it are. */

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { TEST_FORMATS } from '../../../src/audit/assertions/test-formats.ts';
import type { TestReport } from '../../../src/audit/assertions/test-report.ts';
import { writeTestReport } from '../../../src/audit/assertions/write-test-report.ts';
import { printableText } from '../../../src/audit/report/printable-text.ts';
import { assertAll, deployment, policy } from './assertion-input.ts';

const OPTIONS = { colour: false, quiet: false, root: '.' };
const DOCUMENTS = [
  deployment('shop/web'),
  deployment('shop/db'),
  policy('shop/db', '{ podSelector: { matchLabels: { app: db } }, ingress: [{ ports: [{ port: 5432 }] }] }'),
];
const ASSERTIONS = `  - name: it is open
    allow: { from: shop/web, to: shop/db, port: 5432 }
  - name: it is closed
    deny: { from: shop/web, to: shop/db, port: 5432 }
  - name: it is lost
    deny: { from: shop/wbe, to: shop/db }`;

const write = (format: (typeof TEST_FORMATS)[number], report: TestReport, options = OPTIONS): string =>
  writeTestReport(format, report, options);

describe('a report of assertions', () => {
  it('tells a person what holds, and what does not with its rules', async () => {
    const text = write('human', await assertAll(ASSERTIONS, DOCUMENTS));
    expect(text.split('\n')).toEqual([
      '✔ it is open',
      '✘ it is closed  t.yaml:4:5',
      '    it is allowed',
      '    allowed  shop/Deployment/web → shop/Deployment/db on 5432/TCP',
      '      ✔ egress of shop/Deployment/web: no policy isolates it',
      '      ✔ ingress of shop/Deployment/db: allowed',
      expect.stringMatching(/^ {8}✔ shop\/db rule 0: from any peer on 5432\/TCP — matches \(<stdin>:\d+\)$/),
      '! it is lost  t.yaml:6:5',
      expect.stringMatching(/^ {4}nothing in the input is called shop\/wbe; did you mean shop\/web\?/),
      '',
      '1 of 3 assertions holds, 1 does not, 1 cannot be judged',
      '',
    ]);
    expect(write('human', await assertAll(ASSERTIONS, DOCUMENTS), { ...OPTIONS, quiet: true })).not.toContain('it is open');
  });

  it('is JSON with every assertion', async () => {
    const document = JSON.parse(write('json', await assertAll(ASSERTIONS, DOCUMENTS))) as object;
    expect(document).toMatchObject({
      version: 1,
      counts: { assertions: 3, hold: 1, fail: 1, error: 1 },
      complete: true,
      assertions: [
        { name: 'it is open', kind: 'allow', outcome: 'holds', at: { file: 't.yaml', line: 2 } },
        { outcome: 'fails', pairs: [{ source: 'shop/Deployment/web' }] },
        { outcome: 'error' },
      ],
    });
  });

  it('is JUnit: a failure for what does not hold, an error for what cannot be judged', async () => {
    const xml = write('junit', await assertAll(ASSERTIONS, DOCUMENTS));
    expect(XMLValidator.validate(xml)).toBe(true);
    const { testsuites } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(xml) as {
      testsuites: {
        tests: string;
        failures: string;
        errors: string;
        testsuite: { name: string; testcase: { name: string; line: string; failure?: { '#text': string } }[] };
      };
    };
    expect(testsuites).toMatchObject({ tests: '3', failures: '1', errors: '1', testsuite: { name: 't.yaml' } });
    const [open, closed, lost] = testsuites.testsuite.testcase;
    expect(open).toMatchObject({ name: 'it is open', line: '2' });
    expect(closed?.failure?.['#text']).toContain('shop/db rule 0: from any peer on 5432/TCP — matches');
    expect(lost).toHaveProperty('error');
  });

  it('is annotations at the lines of the assertions', async () => {
    expect(write('github', await assertAll(ASSERTIONS, DOCUMENTS)).split('\n')).toEqual([
      '::error file=t.yaml,line=4,col=5,title=it is closed::it is allowed. shop/Deployment/web to shop/Deployment/db on 5432/TCP; rules that match: shop/db rule 0',
      expect.stringMatching(/^::error file=t\.yaml,line=6,col=5,title=it is lost::nothing in the input is called shop\/wbe/),
      'Policy test: 1 of 3 assertions holds, 1 does not, 1 cannot be judged',
      '',
    ]);
  });

  it('says in every form what makes it less than whole', async () => {
    const report = { ...(await assertAll(ASSERTIONS, DOCUMENTS)), incomplete: ['Pod: there are none'] };
    for (const format of TEST_FORMATS) expect(write(format, report)).toContain('Pod: there are none');
    expect(XMLValidator.validate(write('junit', report))).toBe(true);
  });

  const HOSTILE = '\u001b[31m]]>&<a b="\n::error::x\r\u202e --> %0A';

  it('is steered by no name', async () => {
    const text = `  - ${JSON.stringify({ name: HOSTILE, deny: { from: 'shop/web', to: 'shop/db' } })}
  - ${JSON.stringify({ name: 'a', deny: { from: HOSTILE.replace(/:.*/s, ''), to: 'shop/db' } })}
  - ${JSON.stringify({ name: 'b', deny: { from: { podLabels: { ['__proto__']: HOSTILE, constructor: HOSTILE } }, to: 'shop/db' } })}`;
    const report = await assertAll(text, DOCUMENTS);
    expect(report.results.map(({ outcome }) => outcome)).toEqual(['fails', 'error', 'error']);
    for (const format of ['human', 'junit', 'github'] as const) {
      const lines = write(format, report).split('\n');
      expect(lines.map(printableText)).toEqual(lines);
      expect(lines.filter((line) => line.startsWith('::error::'))).toEqual([]);
    }
    expect(JSON.parse(write('json', report))).toMatchObject({ assertions: [{ name: HOSTILE }, {}, {}] });
    expect(XMLValidator.validate(write('junit', report))).toBe(true);
    expect(write('github', report).split('\n')).toHaveLength(5);
    expect(write('github', report)).toContain('%250A');
  });
});
