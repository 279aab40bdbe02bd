/** `postern audit` with a configuration and with a baseline. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AuditFolder } from './audit-folder.ts';
import { NOTED, WARNED, WORKLOAD_FILES } from './audit-manifests.ts';

const folder = AuditFolder.use(WORKLOAD_FILES);

describe('the configuration of an audit', () => {
  it('changes severities, and ignores with a reason; the nearest .postern.yaml is taken', () => {
    const { check } = (JSON.parse(folder.audit(['warned.yaml', '-o', 'json']).out) as { findings: { check: string }[] }).findings[0]!;
    folder.write('.postern.yaml', `severities: { ${check}: error }\n`);
    expect(folder.audit(['warned.yaml', '-q']).out).toMatch(new RegExp(`: error ${check}: `));
    folder.write('.postern.yaml', `ignores: [{ check: ${check}, object: NetworkPolicy shop/lost, reason: its pods come next week }]\n`);
    const { code, out } = folder.audit(['warned.yaml', '--verbose']);
    expect(code).toBe(0);
    expect(out).toContain('(its pods come next week)');
  });

  it('that is wrong is told in full, and nothing is audited', () => {
    folder.write('own.yaml', 'severities: { PN001: bad }\nnonsense: 1\n');
    const { code, out, err } = folder.audit(['warned.yaml', '--config', 'own.yaml']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^postern: own\.yaml:.*E_CONFIG\]$/),
      expect.stringMatching(/^postern: own\.yaml:.*E_CONFIG\]$/),
    ]);
  });

  it('whose ignore has expired says so, and the finding counts', () => {
    const { check } = (JSON.parse(folder.audit(['warned.yaml', '-o', 'json']).out) as { findings: { check: string }[] }).findings[0]!;
    folder.write('.postern.yaml', `ignores: [{ check: ${check}, object: '*', reason: then, expires: '2020-01-01' }]\n`);
    const { code, err } = folder.audit(['warned.yaml']);
    expect(code).toBe(2);
    expect(err).toMatch(/^postern: .*expired.*E_IGNORE_EXPIRED\]\n$/);
  });
});

describe('a baseline', () => {
  it('is written, takes away what it has, and lets through what is new', () => {
    expect(folder.audit(['noted.yaml', '--baseline', 'base/line.json', '--update-baseline', '--fail-on', 'note']).code).toBe(0);
    expect(existsSync(join(folder.path, 'base/line.json'))).toBe(true);
    const same = folder.audit(['noted.yaml', '--baseline', 'base/line.json', '--fail-on', 'note']);
    expect(same.code).toBe(0);
    expect(same.out).toMatch(/no findings; \d+ ignored/);
    folder.write('noted.yaml', `# one line more\n${WARNED}`);
    const fresh = folder.audit(['noted.yaml', '--baseline', 'base/line.json', '--fail-on', 'note', '-q']);
    expect(fresh.code).toBe(2);
    expect(fresh.out).toContain('NetworkPolicy shop/lost');
    expect(fresh.out).not.toContain('Deployment shop/web');
  });

  it('says when it holds what is no more', () => {
    folder.audit(['warned.yaml', '--baseline', 'b.json', '--update-baseline']);
    folder.write('warned.yaml', NOTED);
    expect(folder.audit(['warned.yaml', '--baseline', 'b.json']).err).toMatch(
      /of the baseline b\.json (is|are) no more: write it again with --update-baseline/,
    );
  });
});
