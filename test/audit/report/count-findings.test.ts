/** When an audit fails. */

import { describe, expect, it } from 'vitest';
import { FAIL_ON, findingsText, reachesSeverity } from '../../../src/audit/report/count-findings.ts';
import { finding, report } from './build-report.ts';

describe('the severity that makes an audit fail', () => {
  it.each([
    ['error', [true, true, true, false]],
    ['warning', [false, true, true, false]],
    ['note', [false, false, true, false]],
  ] as const)('an %s reaches its own and milder ones, and never never', (severity, reached) => {
    const found = report({ findings: [finding({ severity })] });
    expect(FAIL_ON.map((failOn) => reachesSeverity(found, failOn))).toEqual(reached);
  });

  it('is not reached by what is ignored, or by nothing', () => {
    const ignored = report({ ignored: [{ finding: finding({ severity: 'error' }), reason: 'known' }] });
    expect(FAIL_ON.map((failOn) => reachesSeverity(ignored, failOn))).toEqual([false, false, false, false]);
  });
});

describe('findings in words', () => {
  it('leaves out severities that there are none of', () => {
    expect(findingsText([])).toBe('no findings');
    expect(findingsText([finding()])).toBe('1 finding: 1 warning');
    expect(findingsText([finding({ severity: 'error' }), finding({ severity: 'error' }), finding()])).toBe(
      '3 findings: 2 errors, 1 warning',
    );
  });
});
