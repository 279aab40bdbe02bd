/** The SARIF report against the official schema, and what code scanning reads of it. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import Ajv04 from 'ajv-draft-04';
import addFormats from 'ajv-formats';
import type { Log, Result } from 'sarif';
import { describe, expect, it } from 'vitest';
import type { CheckReport } from '../../../src/audit/finding.ts';
import { sarifReport } from '../../../src/audit/report/sarif-report.ts';
import { CHECKS, finding, HOSTILE, MIXED, report } from './build-report.ts';

/** The package has the schema among its files; its code is for another test runner. */
const shipped = createRequire(import.meta.url).resolve('@microsoft/jest-sarif');
const schema = JSON.parse(readFileSync(join(dirname(shipped), 'schemas/sarif-2.1.0-rtm.5.json'), 'utf8')) as object;
const ajv = new Ajv04.default({ allErrors: true, strict: false, unicodeRegExp: false });
addFormats.default(ajv);
const validate = ajv.compile(schema);

const ROOT = process.cwd();

function read(written: CheckReport): Log {
  return JSON.parse(sarifReport(written, CHECKS, ROOT)) as Log;
}

function resultsOf(written: CheckReport): Result[] {
  return read(written).runs[0]?.results ?? [];
}

function uriOf(file: string): object | undefined {
  return resultsOf(report({ findings: [finding({ at: { file, line: 1 } })] }))[0]?.locations?.[0]?.physicalLocation?.artifactLocation;
}

describe('the SARIF report', () => {
  it.each([
    ['with findings', MIXED],
    ['without', report()],
    ['with hostile names', HOSTILE],
  ])('is valid by the official schema, %s', (_, written) => {
    expect(validate(read(written)) ? undefined : validate.errors).toBeUndefined();
  });

  it('would be refused by the schema if a line were 0', () => {
    const wrong = read(report({ findings: [finding({ at: { file: 'a.yaml', line: 0 } })] }));
    expect(validate(wrong)).toBe(false);
  });

  it('says where by line and column, from the root, and where else', () => {
    expect(resultsOf(MIXED)[0]).toMatchObject({
      ruleId: 'PN002',
      ruleIndex: 1,
      level: 'error',
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'shop/api.yaml', uriBaseId: '%SRCROOT%' }, region: { startLine: 7 } },
          logicalLocations: [{ fullyQualifiedName: 'NetworkPolicy shop/api: spec.podSelector' }],
        },
      ],
      relatedLocations: [
        {
          id: 1,
          message: { text: 'this Deployment has app=web' },
          physicalLocation: { artifactLocation: { uri: 'shop/web.yaml' }, region: { startLine: 1, startColumn: 1 } },
        },
      ],
    });
    expect(resultsOf(MIXED)[1]?.locations?.[0]?.physicalLocation?.region).toEqual({ startLine: 12, startColumn: 3 });
  });

  it('names an object that has no file', () => {
    const [location] = resultsOf(MIXED)[2]?.locations ?? [];
    expect(location?.physicalLocation).toBeUndefined();
    expect(location?.logicalLocations).toEqual([{ fullyQualifiedName: 'Pod shop/x', name: 'Pod shop/x', kind: 'object' }]);
    expect(uriOf('<stdin>')).toBeUndefined();
  });

  it.each([
    ['./shop/a b%.yaml', { uri: 'shop/a%20b%25.yaml', uriBaseId: '%SRCROOT%' }],
    ['shop/größe#1.yaml', { uri: 'shop/gr%C3%B6%C3%9Fe%231.yaml', uriBaseId: '%SRCROOT%' }],
    ['c:d/x.yaml', { uri: 'c%3Ad/x.yaml', uriBaseId: '%SRCROOT%' }],
    [join(ROOT, 'shop', 'x.yaml'), { uri: 'shop/x.yaml', uriBaseId: '%SRCROOT%' }],
    ['..x/y.yaml', { uri: '..x/y.yaml', uriBaseId: '%SRCROOT%' }],
    [`${sep}elsewhere${sep}x.yaml`, { uri: 'file:///elsewhere/x.yaml' }],
  ])('writes the file %s as a URI', (file, artifact) => {
    expect(uriOf(file)).toEqual(artifact);
  });

  it('has a rule for each check, with help, level and page', () => {
    const rules = read(MIXED).runs[0]?.tool.driver.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual(['PN001', 'PN002', 'PN003']);
    expect(rules[1]).toMatchObject({
      name: 'PolicySelectsNothing',
      defaultConfiguration: { level: 'error' },
      help: { text: expect.stringContaining('app: wbe') as string, markdown: expect.stringContaining('```yaml\n') as string },
    });
    expect(rules[1]?.helpUri).toMatch(/^https:\/\/.*PN002$/);
  });

  it('keeps the fingerprint when lines move', () => {
    const moved = report({ findings: [finding({ at: { file: 'shop/web.yaml', line: 99 } })] });
    expect(resultsOf(moved)[0]?.partialFingerprints).toEqual(resultsOf(report({ findings: [finding()] }))[0]?.partialFingerprints);
  });

  it('has what is ignored as suppressed, with the reason', () => {
    const results = resultsOf(MIXED);
    expect(results).toHaveLength(4);
    expect(results.map(({ suppressions }) => suppressions?.[0]?.justification)).toEqual([
      undefined,
      undefined,
      undefined,
      'until the move',
    ]);
  });

  it('tells in the invocation what makes the answer less than whole', () => {
    const [invocation] = read(MIXED).runs[0]?.invocations ?? [];
    expect(invocation?.executionSuccessful).toBe(false);
    expect(invocation?.toolExecutionNotifications?.map(({ message }) => message.text)).toEqual(MIXED.incomplete);
    expect(read(report()).runs[0]?.invocations).toEqual([{ executionSuccessful: true, toolExecutionNotifications: [] }]);
  });

  it('makes no link of a text that looks like one, and leaves other brackets alone', () => {
    const [hostile] = resultsOf(HOSTILE);
    expect(hostile?.message.text).toContain(String.raw`\[l](http://e.x)`);
    expect(resultsOf(MIXED)[0]?.message.text).toContain('policyTypes: [Ingress]');
  });
});
