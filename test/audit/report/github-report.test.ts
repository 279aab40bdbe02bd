/** Workflow commands as GitHub's runner reads them. */

import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CheckReport } from '../../../src/audit/finding.ts';
import { githubReport } from '../../../src/audit/report/github-report.ts';
import { CHECKS, finding, HOSTILE, MIXED, report } from './build-report.ts';

function linesOf(written: CheckReport): string[] {
  return githubReport(written, CHECKS, process.cwd()).split('\n');
}

describe('the report for GitHub', () => {
  it('annotates the line of each finding, in the words of GitHub', () => {
    expect(linesOf(MIXED)).toEqual([
      '::error file=shop/api.yaml,line=7,title=PN002 policy-selects-nothing::NetworkPolicy shop/api selects no pod (spec.podSelector). Mend: select it by a policy with policyTypes: [Ingress]',
      '::warning file=shop/web.yaml,line=12,col=3,title=PN001 workload-not-isolated::no policy isolates Deployment shop/web for ingress (spec.template). Mend: select it by a policy with policyTypes: [Ingress]',
      '::notice title=PN003 world-open::Pod shop/x: it is open. Mend: select it by a policy with policyTypes: [Ingress]',
      '::warning title=Policy audit%3A incomplete::the input holds no Namespace',
      '::warning title=Policy audit%3A incomplete::broken.yaml could not be read',
      'Policy audit: 3 findings: 1 error, 1 warning, 1 note; 1 ignored',
      '',
    ]);
  });

  it('names files from the root of the checkout, wherever it ran', () => {
    const written = githubReport(report({ findings: [finding()] }), CHECKS, dirname(process.cwd()));
    expect(written).toMatch(/^::warning file=[^/,]+\/shop\/web\.yaml,line=12/);
  });

  it('makes one command of each finding, whatever it is called', () => {
    const lines = linesOf(HOSTILE);
    expect(lines).toHaveLength(4);
    const [command] = lines;
    const [, properties] = /^::warning (.*?)::/.exec(command ?? '') ?? [];
    expect(properties?.split(',').map((part) => part.split('=')[0])).toEqual(['file', 'line', 'col', 'title']);
    expect(command).toContain('%250A');
    expect(lines[2]).not.toContain('::error');
  });
});
