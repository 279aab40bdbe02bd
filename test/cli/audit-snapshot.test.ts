/** `postern audit snapshot` and `explain-check` as people run them. */

import { describe, expect, it } from 'vitest';
import { AuditFolder } from './audit-folder.ts';
import { WORKLOAD_FILES } from './audit-manifests.ts';

const folder = AuditFolder.use(WORKLOAD_FILES);

describe('a snapshot', () => {
  it('is audited as what it was made of', () => {
    expect(folder.audit(['snapshot', 'warned.yaml', '-o', 'kept/snapshot.json'])).toEqual({ code: 0, out: '', err: '' });
    const told = (file: string): unknown[] => {
      const { findings } = JSON.parse(folder.audit([file, '-o', 'json']).out) as {
        findings: { fingerprint: string; message: string; at: { file: string } }[];
      };
      return findings.map(({ fingerprint, message, at }) => [fingerprint, message, at.file]);
    };
    expect(told('kept/snapshot.json')).toEqual(told('warned.yaml'));
    expect(folder.audit(['-', '-q'], { input: folder.audit(['snapshot', 'warned.yaml']).out }).code).toBe(2);
  });

  it('of an input that lacks something is written, and says so', () => {
    const { code, out, err } = folder.audit(['snapshot', 'incomplete.yaml']);
    expect(code).toBe(3);
    expect(err).toMatch(/^postern: Namespace: /);
    expect(out).toContain('AuditSnapshot');
    expect(folder.audit(['snapshot', 'incomplete.yaml', '--allow-incomplete']).code).toBe(0);
  });
});

describe('the catalogue', () => {
  it('lists every check, and shows one with what is wrong and what is right', () => {
    expect(folder.audit(['explain-check']).out).toMatch(/^PN001 {2}warning {2}ingress-not-isolated /m);
    const one = folder.audit(['explain-check', 'pn001']).out;
    for (const part of [
      'PN001 ingress-not-isolated',
      'Why it matters',
      'How to mend it',
      'With the fault',
      'Without it',
      '  kind: NetworkPolicy',
    ])
      expect(one).toContain(part);
    expect(folder.audit(['explain-check', 'ingress-not-isolated']).out).toBe(one);
  });

  it('is JSON for programs', () => {
    interface Catalogue {
      readonly version: number;
      readonly checks: readonly { readonly id: string }[];
    }
    const { version, checks } = JSON.parse(folder.audit(['explain-check', '--json']).out) as Catalogue;
    expect(checks[0]).toMatchObject({ id: 'PN001', bad: expect.any(String) as string });
    expect(JSON.parse(folder.audit(['explain-check', 'PN001', '--json']).out)).toEqual({ version, checks: [checks[0]] });
  });
});
