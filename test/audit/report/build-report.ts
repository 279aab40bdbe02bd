/** Reports to write: an ordinary one, and one whose every name is hostile. */

import type { CheckInfo, CheckReport, Finding } from '../../../src/audit/finding.ts';

export const CHECKS: readonly CheckInfo[] = [
  {
    id: 'PN001',
    name: 'workload-not-isolated',
    severity: 'warning',
    summary: 'A workload that no policy isolates',
    why: 'Every pod may connect to it.',
    mend: 'Select it by a policy.',
    bad: 'kind: Deployment\n',
    good: 'kind: NetworkPolicy\n',
  },
  {
    id: 'PN002',
    name: 'policy-selects-nothing',
    severity: 'error',
    summary: 'A policy that selects no pod',
    why: 'It has no effect.',
    mend: 'Mend its podSelector.',
    bad: 'podSelector: {matchLabels: {app: wbe}}\n',
    good: 'podSelector: {matchLabels: {app: web}}\n',
  },
  {
    id: 'PN003',
    name: 'world-open',
    severity: 'note',
    summary: 'Open to the world',
    why: 'Anybody may connect.',
    mend: 'Say who.',
    bad: 'from: []\n',
    good: 'from: [{podSelector: {}}]\n',
  },
];

export function finding(overrides: Partial<Finding> = {}): Finding {
  return {
    check: 'PN001',
    severity: 'warning',
    message: 'no policy isolates Deployment shop/web for ingress',
    at: { file: 'shop/web.yaml', line: 12, column: 3, object: 'Deployment shop/web', field: 'spec.template' },
    related: [],
    mend: 'select it by a policy with policyTypes: [Ingress]',
    fingerprint: 'Deployment shop/web/ingress',
    ...overrides,
  };
}

export function report(overrides: Partial<CheckReport> = {}): CheckReport {
  return {
    input: './shop',
    counts: { policies: 2, workloads: 1, pods: 3, namespaces: 1 },
    findings: [],
    ignored: [],
    incomplete: [],
    ...overrides,
  };
}

/** A finding of each severity, with and without a file; one ignored; incomplete. */
export const MIXED: CheckReport = report({
  findings: [
    finding({
      check: 'PN002',
      severity: 'error',
      message: 'NetworkPolicy shop/api selects no pod',
      at: { file: 'shop/api.yaml', line: 7, object: 'NetworkPolicy shop/api', field: 'spec.podSelector' },
      related: [
        { message: 'this Deployment has app=web', at: { file: 'shop/web.yaml', line: 1, column: 1, object: 'Deployment shop/web' } },
      ],
      fingerprint: 'NetworkPolicy shop/api',
    }),
    finding(),
    finding({ check: 'PN003', severity: 'note', message: 'it is open', at: { object: 'Pod shop/x' }, fingerprint: 'Pod shop/x' }),
  ],
  ignored: [{ finding: finding({ message: 'known', fingerprint: 'other' }), reason: 'until the move' }],
  incomplete: ['the input holds no Namespace', 'broken.yaml could not be read'],
});

/** What must not get through to a terminal, a runner, a table, a parser or a page as what it is. */
export const HOSTILE_NAME =
  'a|b<script>alert(1)</script>\n::error::x\r\u0000\u001b[31m\u202e %0A "q" `c` [l](http://e.x) {0} @me #1 ]]> 😀 \ud800';

export const HOSTILE: CheckReport = report({
  input: HOSTILE_NAME,
  findings: [
    finding({
      message: HOSTILE_NAME,
      mend: HOSTILE_NAME,
      fingerprint: HOSTILE_NAME,
      at: { file: `dir/${HOSTILE_NAME}`, line: 1, column: 1, object: HOSTILE_NAME, field: HOSTILE_NAME },
      related: [{ message: HOSTILE_NAME, at: { file: HOSTILE_NAME, object: HOSTILE_NAME } }],
    }),
  ],
  ignored: [{ finding: finding({ message: HOSTILE_NAME }), reason: HOSTILE_NAME }],
  incomplete: [HOSTILE_NAME],
});
