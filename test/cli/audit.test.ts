/** `postern audit` as people and pipelines run it: what goes in, and how it ends. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AuditFolder, MAIN } from './audit-folder.ts';
import { NOTED, WARNED, WORKLOAD_FILES } from './audit-manifests.ts';

const folder = AuditFolder.use(WORKLOAD_FILES);

describe('the exit code of an audit', () => {
  it('is 0 where nothing reaches the threshold, and 2 where something does', () => {
    expect(folder.audit(['noted.yaml']).code).toBe(0);
    expect(folder.audit(['noted.yaml', '--fail-on', 'note']).code).toBe(2);
    expect(folder.audit(['warned.yaml']).code).toBe(2);
    expect(folder.audit(['warned.yaml', '--fail-on', 'error']).code).toBe(0);
    expect(folder.audit(['warned.yaml', '--fail-on', 'never']).code).toBe(0);
  });

  it('is 3 where something is missing, unless that is allowed; what was found counts first', () => {
    const { code, out } = folder.audit(['incomplete.yaml', '--fail-on', 'error']);
    expect(code, out).toBe(3);
    expect(out).toContain('What makes the answer less than whole');
    expect(folder.audit(['incomplete.yaml', '--fail-on', 'error', '--allow-incomplete']).code).toBe(0);
    expect(folder.audit(['incomplete.yaml', '--fail-on', 'note']).code).toBe(2);
  });

  it.each([
    ['a file that is not there', ['nothing.yaml'], 'E_MANIFEST_READ'],
    ['two forms for one place', ['noted.yaml', '-o', 'json', '-o', 'sarif'], 'E_USAGE'],
    ['one file for two forms', ['noted.yaml', '-o', 'json=x', '-o', 'sarif=x'], 'E_USAGE'],
    ['a file where no output needs one', ['noted.yaml', '-o', 'json=x', '--output-file', 'y'], 'E_USAGE'],
    ['an output below a file', ['noted.yaml', '-o', 'json=noted.yaml/x'], 'E_OUTPUT'],
    ['files and a cluster', ['noted.yaml', '--cluster'], 'E_USAGE'],
    ['a baseline that is not there', ['noted.yaml', '--baseline', 'none'], 'E_BASELINE'],
    ['a baseline to write without a name', ['noted.yaml', '--update-baseline'], 'E_USAGE'],
    ['a configuration that is not there', ['noted.yaml', '--config', 'none'], 'E_CONFIG'],
    ['nothing through the pipe', [], 'E_INPUT_EMPTY'],
    ['a check that there is not', ['explain-check', 'PN999'], 'E_CHECK_UNKNOWN'],
  ])('is 1, with one line that says what, why and how to mend it, for %s', (_, args, code) => {
    const ended = folder.audit(args);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toMatch(new RegExp(`^postern: .+ \\[${code}\\]\\n$`));
  });

  it.each([[['noted.yaml', '-o', 'xml']], [['noted.yaml', '-o', 'json=']], [['noted.yaml', '--fail-on', 'bad']], [['--nonsense']]])(
    'is 1 for %j, which is no option',
    (args) => {
      const { code, err } = folder.audit(args);
      expect(code).toBe(1);
      expect(err).toMatch(/^error: /);
    },
  );

  it('is not touched by a reader that has seen enough', () => {
    const { status, stderr } = spawnSync('sh', ['-c', '"$0" "$1" audit warned.yaml; echo "code $?" >&2', process.execPath, MAIN], {
      cwd: folder.path,
      encoding: 'utf8',
      env: folder.environment(),
      // Its end is closed before anything is written.
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(status).toBe(0);
    expect(stderr).toBe('code 2\n');
    const closed = spawnSync('sh', ['-c', '{ "$0" "$1" audit warned.yaml; echo "code $?" >&2; } | true', process.execPath, MAIN], {
      cwd: folder.path,
      encoding: 'utf8',
      env: folder.environment(),
    });
    expect(closed.stderr).toBe('code 2\n');
  });

  it('is that of the signal where somebody interrupts it', async () => {
    const child = spawn(process.execPath, [MAIN, 'audit'], {
      cwd: folder.path,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: folder.environment(),
    });
    child.stdin.write(NOTED);
    const { promise, resolve } = Promise.withResolvers<[number | null, string | null]>();
    child.once('close', (code, signal) => resolve([code, signal]));
    const timer = setTimeout(() => child.kill('SIGINT'), 500);
    // A shell calls it 130.
    expect(await promise).toEqual([null, 'SIGINT']);
    clearTimeout(timer);
  });
});

describe('the input of an audit', () => {
  it('is what is piped in, also by the name of -', () => {
    expect(folder.audit([], { input: WARNED })).toMatchObject({ code: 2, err: '' });
    const { code, out } = folder.audit(['-', '-q'], { input: WARNED });
    expect(code).toBe(2);
    expect(out).toMatch(/^<stdin>:\d+:\d+: warning PN\d+: /m);
  });

  it('is a folder, of which every finding has its file', () => {
    mkdirSync(join(folder.path, 'deep/er'), { recursive: true });
    folder.write('deep/er/policy.yaml', WARNED);
    expect(folder.audit(['deep', '-q']).out).toMatch(new RegExp(`^${join('deep', 'er', 'policy.yaml')}:\\d+:\\d+: warning`, 'm'));
  });

  it('is called check, or not called anything', () => {
    expect(folder.audit(['check', 'warned.yaml', '-o', 'json']).out).toBe(folder.audit(['warned.yaml', '-o', 'json']).out);
  });

  it('may have objects without a namespace, which are in the one that is named', () => {
    const bare = WARNED.replaceAll(', namespace: shop', '');
    expect(folder.audit(['-', '-n', 'shop', '-q'], { input: bare }).out).toContain('NetworkPolicy shop/lost');
    expect(folder.audit(['-', '-n', 'a', '-n', 'b'], { input: bare })).toMatchObject({ code: 1 });
  });
});
