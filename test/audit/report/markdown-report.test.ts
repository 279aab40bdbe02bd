/** The Markdown report as a pull request shows it. */

import { describe, expect, it } from 'vitest';
import { escapeMarkdown } from '../../../src/audit/report/escape-markdown.ts';
import { markdownReport } from '../../../src/audit/report/markdown-report.ts';
import { CHECKS, finding, HOSTILE, MIXED, report } from './build-report.ts';

describe('the Markdown report', () => {
  it('has a row for each finding, what makes it incomplete, and what is ignored', () => {
    expect(markdownReport(MIXED, CHECKS)).toMatchInlineSnapshot(`
      "### Policy audit: 3 findings: 1 error, 1 warning, 1 note

      <code>./shop</code>: 2 policies, 1 workload, 3 pods, 1 namespace

      **The answer is less than whole:**

      - the input holds no Namespace
      - broken.yaml could not be read

      | Severity | Check | Where | Finding | Mend |
      | --- | --- | --- | --- | --- |
      | ❌ error | PN002<br>policy-selects-nothing | <code>shop/api.yaml:7</code><br><code>NetworkPolicy shop/api: spec.podSelector</code> | NetworkPolicy shop/api selects no pod | select it by a policy with policyTypes: &#91;Ingress&#93; |
      | ⚠️ warning | PN001<br>workload-not-isolated | <code>shop/web.yaml:12:3</code><br><code>Deployment shop/web: spec.template</code> | no policy isolates Deployment shop/web for ingress | select it by a policy with policyTypes: &#91;Ingress&#93; |
      | ℹ️ note | PN003<br>world-open | <code>Pod shop/x</code> | it is open | select it by a policy with policyTypes: &#91;Ingress&#93; |

      <details><summary>1 ignored</summary>

      | Check | Where | Finding | Reason |
      | --- | --- | --- | --- |
      | PN001 | <code>shop/web.yaml:12:3</code><br><code>Deployment shop/web: spec.template</code> | known | until the move |

      </details>
      "
    `);
  });

  it('says that there is nothing to say', () => {
    expect(markdownReport(report(), CHECKS)).toBe(
      '### Policy audit: no findings\n\n<code>./shop</code>: 2 policies, 1 workload, 3 pods, 1 namespace\n',
    );
  });

  it('fits into a comment, and says how much does not', () => {
    const many = report({ findings: Array.from({ length: 5000 }, () => finding()) });
    const text = markdownReport(many, CHECKS);
    expect(text.length).toBeLessThan(62_000);
    const rows = text.split('\n').filter((line) => line.startsWith('| ⚠️')).length;
    expect(text).toContain(`…and ${5000 - rows} more findings, for which there is no room here.`);
  });

  it('has as many cells in each row as its head, whatever things are called', () => {
    const rows = markdownReport(HOSTILE, CHECKS)
      .split('\n')
      .filter((line) => line.startsWith('|'));
    expect(rows.map((row) => row.split('|').length - 2)).toEqual([5, 5, 5, 4, 4, 4]);
  });

  it('lets no name be markup, a mention or a link', () => {
    const text = markdownReport(HOSTILE, CHECKS);
    expect(text).not.toMatch(/<script|[^\P{Cc}\n]|\u202e|`c`|\]\(http/u);
    expect(escapeMarkdown('@me #1 http://e.x www.e.x')).toBe('@<!-- -->me #<!-- -->1 http:<!-- -->//e.x www.<!-- -->e.x');
    expect(escapeMarkdown('- a')).toBe('&#45; a');
    expect(escapeMarkdown('12. a')).toBe('12&#46; a');
    expect(escapeMarkdown('a-b, 1.5: spec.ingress')).toBe('a-b, 1.5: spec.ingress');
  });
});
