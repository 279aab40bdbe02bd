/** The JSON report against its published schema. */

import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { jsonReport, REPORT_SCHEMA, REPORT_VERSION } from '../../../src/audit/report/json-report.ts';
import { CHECKS, HOSTILE, HOSTILE_NAME, MIXED, report } from './build-report.ts';

const schema = JSON.parse(readFileSync(new URL('../../../schemas/audit-report.schema.json', import.meta.url), 'utf8')) as {
  readonly $id: string;
  readonly properties: { readonly version: { readonly const: number } };
};
const ajv = new Ajv2020({ allErrors: true, strict: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

function errorsOf(text: string): unknown {
  return validate(JSON.parse(text)) ? undefined : validate.errors;
}

describe('the JSON report', () => {
  it.each([
    ['with findings', MIXED],
    ['without', report()],
    ['with hostile names', HOSTILE],
  ])('is as its schema says, %s', (_, written) => {
    expect(errorsOf(jsonReport(written, CHECKS))).toBeUndefined();
  });

  it('has the version and the name of the schema that is published', () => {
    expect(REPORT_SCHEMA).toBe(schema.$id);
    expect(REPORT_VERSION).toBe(schema.properties.version.const);
  });

  it('is refused by the schema where a part is not of its form', () => {
    const document = JSON.parse(jsonReport(MIXED, CHECKS)) as { findings: { severity: string; at: object }[] };
    document.findings[0]!.severity = 'fatal';
    expect(errorsOf(JSON.stringify(document))).toBeDefined();
    document.findings[0]!.severity = 'error';
    document.findings[0]!.at = { line: 3 };
    expect(errorsOf(JSON.stringify(document))).toBeDefined();
  });

  it('keeps every text as it is', () => {
    const { input, findings, incomplete } = JSON.parse(jsonReport(HOSTILE, CHECKS)) as {
      input: string;
      findings: { message: string; at: { object: string } }[];
      incomplete: string[];
    };
    expect([input, findings[0]?.message, findings[0]?.at.object, incomplete[0]]).toEqual(Array(4).fill(HOSTILE_NAME));
  });

  it('counts by severity, and what is ignored apart', () => {
    expect(JSON.parse(jsonReport(MIXED, CHECKS))).toMatchObject({
      complete: false,
      counts: { policies: 2, workloads: 1, pods: 3, namespaces: 1, errors: 1, warnings: 1, notes: 1, ignored: 1 },
      ignored: [{ reason: 'until the move', finding: { name: 'workload-not-isolated' } }],
    });
    expect(JSON.parse(jsonReport(report(), CHECKS))).toMatchObject({ complete: true, findings: [] });
  });
});
