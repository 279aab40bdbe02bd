/** Findings as a person reads them. */

import { describe, expect, it } from 'vitest';
import { humanReport, type HumanOptions } from '../../../src/audit/report/human-report.ts';
import { CHECKS, finding, HOSTILE, MIXED, report } from './build-report.ts';

const PLAIN: HumanOptions = { colour: false, form: 'normal' };

describe('the human report', () => {
  it('groups findings by file, or by object where there is no file, and begins each with a place to click on', () => {
    expect(humanReport(MIXED, CHECKS, PLAIN)).toMatchInlineSnapshot(`
      "shop/api.yaml
        shop/api.yaml:7  error  PN002 policy-selects-nothing
            NetworkPolicy shop/api selects no pod (spec.podSelector)
            mend: select it by a policy with policyTypes: [Ingress]
            see:  shop/web.yaml:1:1: this Deployment has app=web

      shop/web.yaml
        shop/web.yaml:12:3  warning  PN001 workload-not-isolated
            no policy isolates Deployment shop/web for ingress (spec.template)
            mend: select it by a policy with policyTypes: [Ingress]

      Pod shop/x
        Pod shop/x  note  PN003 world-open
            Pod shop/x: it is open
            mend: select it by a policy with policyTypes: [Ingress]

      What makes the answer less than whole
        the input holds no Namespace
        broken.yaml could not be read

      ./shop: 3 findings: 1 error, 1 warning, 1 note; 1 ignored; incomplete for 2 reasons (2 policies, 1 workload, 3 pods, 1 namespace)
      "
    `);
  });

  it('says that there is nothing to say', () => {
    expect(humanReport(report(), CHECKS, PLAIN)).toBe('./shop: no findings (2 policies, 1 workload, 3 pods, 1 namespace)\n');
  });

  it('is a line for each finding where it is to be quiet, and nothing where there is none', () => {
    expect(humanReport(MIXED, CHECKS, { colour: false, form: 'quiet' }).split('\n')).toEqual([
      'shop/api.yaml:7: error PN002: NetworkPolicy shop/api selects no pod (spec.podSelector)',
      'shop/web.yaml:12:3: warning PN001: no policy isolates Deployment shop/web for ingress (spec.template)',
      'note PN003: Pod shop/x: it is open',
      '',
    ]);
    expect(humanReport(report(), CHECKS, { colour: false, form: 'quiet' })).toBe('');
  });

  it('says why, and what is ignored, where it is to be verbose', () => {
    const text = humanReport(MIXED, CHECKS, { colour: false, form: 'verbose' });
    expect(text).toContain('why:  Every pod may connect to it.');
    expect(text).toContain('warning PN001: Deployment shop/web: spec.template: known (until the move)');
  });

  it('tells some reasons of many', () => {
    const many = report({ incomplete: Array.from({ length: 20 }, (_, index) => `reason ${index}`) });
    expect(humanReport(many, CHECKS, PLAIN)).toContain('  reason 7\n  and 12 more (--verbose)\n');
    expect(humanReport(many, CHECKS, { colour: false, form: 'verbose' })).toContain('  reason 19\n');
  });

  it('is coloured only where that is asked for', () => {
    const escape = '\u001b[';
    expect(humanReport(MIXED, CHECKS, { ...PLAIN, colour: true })).toContain(`${escape}31merror`);
    for (const form of ['quiet', 'normal', 'verbose'] as const)
      expect(humanReport(MIXED, CHECKS, { colour: false, form })).not.toContain(escape);
  });

  it('lets no name steer the terminal or make lines of its own', () => {
    for (const form of ['quiet', 'normal', 'verbose'] as const) {
      const text = humanReport(HOSTILE, CHECKS, { colour: false, form });
      expect(text).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
      expect(text.split('\n').some((line) => line.trimStart().startsWith('::error'))).toBe(false);
      expect(text).toContain(String.raw`\n::error::x\r\u0000\u001b[31m\u202e`);
      expect(text).toContain('😀');
    }
  });

  it('keeps the order of findings within a file', () => {
    const text = humanReport(
      report({ findings: [finding({ message: 'one' }), finding({ message: 'two', at: { file: 'b' } }), finding({ message: 'three' })] }),
      CHECKS,
      PLAIN,
    );
    expect(text.indexOf('one')).toBeLessThan(text.indexOf('three'));
    expect(text.indexOf('three')).toBeLessThan(text.indexOf('two'));
  });
});
