/** A baseline keeps what was there, and lets new findings through. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyBaseline, parseBaseline, writeBaseline } from '../../../src/audit/config/baseline.ts';
import type { Finding } from '../../../src/audit/finding.ts';

const finding = (fingerprint: string, message = ''): Finding => ({
  check: 'PN001',
  severity: 'note',
  message,
  at: {},
  related: [],
  mend: '',
  fingerprint,
});

const baselineOf = (...fingerprints: readonly string[]) => parseBaseline(writeBaseline(fingerprints.map((one) => finding(one))), 'b.json');

describe('a baseline', () => {
  it('is a file whose order does not depend on that of the findings', () => {
    const text = writeBaseline([finding('b'), finding('a'), finding('b')]);
    expect(text).toBe(`{
  "apiVersion": "postern.dev/v1",
  "kind": "AuditBaseline",
  "findings": [
    {"fingerprint":"a","count":1},
    {"fingerprint":"b","count":2}
  ]
}
`);
    expect(writeBaseline([finding('b'), finding('b'), finding('a')])).toBe(text);
    expect(JSON.parse(writeBaseline([]))).toMatchObject({ findings: [] });
  });

  it('takes away what it has, as often as it has it', () => {
    const findings = [finding('a', 'first'), finding('a', 'second'), finding('c')];
    expect(applyBaseline(findings, baselineOf('a', 'b', 'b'))).toEqual({
      findings: findings.slice(1),
      ignored: [{ finding: findings[0], reason: 'it is in the baseline' }],
      gone: [{ fingerprint: 'b', count: 2 }],
    });
  });

  it('of the same findings leaves none and misses none, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (known, fresh) => {
        const findings = [...known, ...fresh].map((one) => finding(one));
        const before = findings.slice(0, known.length);
        const { findings: left, ignored, gone } = applyBaseline(findings, parseBaseline(writeBaseline(before), 'b.json'));
        expect([left.length, ignored.length, gone]).toEqual([fresh.length, known.length, []]);
      }),
    );
  });

  it.each([
    'nothing',
    '{}',
    '{"apiVersion": "postern.dev/v2", "kind": "AuditBaseline", "findings": []}',
    '{"apiVersion": "postern.dev/v1", "kind": "AuditBaseline"}',
    '{"apiVersion": "postern.dev/v1", "kind": "AuditBaseline", "findings": [{"count": 1}]}',
    '{"apiVersion": "postern.dev/v1", "kind": "AuditBaseline", "findings": [{"fingerprint": "a", "count": 0}]}',
    '{"apiVersion": "postern.dev/v1", "kind": "AuditBaseline", "findings": [{"fingerprint": "a", "count": "1"}]}',
  ])('is an error where it is %s', (text) => {
    expect(() => parseBaseline(text, 'b.json')).toThrow(expect.objectContaining({ code: 'E_BASELINE', at: { file: 'b.json' } }));
  });
});
