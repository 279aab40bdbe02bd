/** `postern audit` as people and pipelines run it: where reports go, and how they look there. */

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { leaveOutIf } from '../support/requires.ts';
import { AuditFolder, MAIN } from './audit-folder.ts';
import { WORKLOAD_FILES } from './audit-manifests.ts';

const folder = AuditFolder.use(WORKLOAD_FILES);

describe('the output of an audit', () => {
  it('goes to several files at once, in folders that it makes, and one form to standard output', () => {
    const { out } = folder.audit([
      'warned.yaml',
      '-o',
      'sarif=out/x.sarif',
      '-o',
      'json=out/x.json',
      '-o',
      'junit=x.xml',
      '-o',
      'markdown',
      '--quiet',
    ]);
    expect(out).toMatch(/^### Policy audit/);
    expect((JSON.parse(folder.read('out/x.sarif')) as { version: string }).version).toBe('2.1.0');
    expect((JSON.parse(folder.read('out/x.json')) as { version: number }).version).toBe(1);
    expect(folder.read('x.xml')).toMatch(/^<\?xml/);
  });

  it('goes to the file of --output-file in place of standard output', () => {
    expect(folder.audit(['warned.yaml', '-o', 'json', '--output-file', 'x.json']).out).toBe('');
    expect(folder.audit(['warned.yaml', '--output-file', 'x.txt']).out).toBe('');
    expect(folder.read('x.json')).toMatch(/^\{/);
    expect(folder.read('x.txt')).toContain('warned.yaml:');
  });

  it('names files from the checkout for GitHub, wherever in it the audit ran', () => {
    mkdirSync(join(folder.path, 'sub'));
    const { stdout } = spawnSync(process.execPath, [MAIN, 'audit', '../warned.yaml', '-o', 'github'], {
      cwd: join(folder.path, 'sub'),
      encoding: 'utf8',
      env: folder.environment({ GITHUB_WORKSPACE: folder.path }),
    });
    expect(stdout).toMatch(/^::warning file=warned\.yaml,line=/m);
  });

  it('is not coloured in a pipe, whatever CI it is', () => {
    expect(folder.audit(['warned.yaml'], { env: { CI: 'true' } }).out).not.toContain('\u001b[');
  });

  it('holds nothing but findings where it is to be quiet', () => {
    expect(
      folder
        .audit(['noted.yaml', '-q', '--fail-on', 'never'])
        .out.split('\n')
        .filter((line) => !/: note PN\d+: /.test(line)),
    ).toEqual(['']);
  });
});

const needsScript = leaveOutIf(spawnSync('script', ['--version']).error === undefined ? undefined : 'needs script, of util-linux');

/** As in a terminal, which `script` makes. */
function auditAtTerminal(args: string, env: Readonly<Record<string, string>> = {}): string {
  const command = `'${process.execPath}' '${MAIN}' audit ${args}`;
  return spawnSync('script', ['-qec', command, '/dev/null'], { cwd: folder.path, encoding: 'utf8', env: folder.environment(env) }).stdout;
}

describe('at a terminal', needsScript, () => {
  it('severities are coloured, and not for people who want no colours', () => {
    expect(auditAtTerminal('warned.yaml')).toContain('\u001b[33mwarning\u001b[39m');
    expect(auditAtTerminal('warned.yaml', { NO_COLOR: '1' })).not.toContain('\u001b[');
    expect(auditAtTerminal('warned.yaml', { TERM: 'dumb' })).not.toContain('\u001b[');
  });

  it('an audit of nothing says how it is used', () => {
    const text = auditAtTerminal('');
    expect(text).toContain('Usage: postern audit');
    expect(text).toContain('Exit code:');
  });
});

describe('what is told on standard error', () => {
  it('is a line each, whatever the names of the input', () => {
    const hostile = 'apiVersion: v1\nkind: Pod\nmetadata: { name: "p\\n::error::x\\e[31m", namespace: shop }\n';
    const { err } = folder.audit(['snapshot', '-'], { input: hostile });
    expect(err).not.toMatch(/^::error|[^\P{Cc}\n]/mu);
    for (const line of err.trimEnd().split('\n')) expect(line).toMatch(/^postern: /);
  });
});
