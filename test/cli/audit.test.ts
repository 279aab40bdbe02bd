/** `postern audit` as people and pipelines run it: what goes in, where reports go, and how it ends. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaveOutIf } from '../support/requires.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const WORKLOAD = `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web, ports: [{ containerPort: 80 }] }] }
`;

const policy = (name: string, spec: string): string =>
  `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: shop }\nspec: ${spec}\n`;

/** Nothing is wrong with it but that its pods may send anywhere, which is a note. */
const NOTED = WORKLOAD + policy('deny', '{ podSelector: {}, policyTypes: [Ingress] }');
/** A warning: it selects nobody. */
const WARNED = NOTED + policy('lost', '{ podSelector: { matchLabels: { app: wbe } }, policyTypes: [Ingress] }');
/** It lacks the object of its namespace, whose labels a policy asks for. */
const INCOMPLETE =
  NOTED.replace(/^[^]*?---\n/, '') +
  policy('team', '{ podSelector: {}, policyTypes: [Ingress], ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: a } } }] }] }');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-audit-'));
  writeFileSync(join(folder, 'noted.yaml'), NOTED);
  writeFileSync(join(folder, 'warned.yaml'), WARNED);
  writeFileSync(join(folder, 'incomplete.yaml'), INCOMPLETE);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const { GITHUB_WORKSPACE: _github, CI_PROJECT_DIR: _gitlab, NO_COLOR: _colour, FORCE_COLOR: _force, ...rest } = process.env;
  return { ...rest, KUBECONFIG: join(folder, 'no-kubeconfig'), TERM: 'xterm', ...more };
}

function audit(args: readonly string[], { input = '', env = {} }: { input?: string; env?: Readonly<Record<string, string>> } = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'audit', ...args], {
    cwd: folder,
    input,
    encoding: 'utf8',
    env: environment(env),
  });
  return { code: status, out: stdout, err: stderr };
}

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

describe('the exit code of an audit', () => {
  it('is 0 where nothing reaches the threshold, and 2 where something does', () => {
    expect(audit(['noted.yaml']).code).toBe(0);
    expect(audit(['noted.yaml', '--fail-on', 'note']).code).toBe(2);
    expect(audit(['warned.yaml']).code).toBe(2);
    expect(audit(['warned.yaml', '--fail-on', 'error']).code).toBe(0);
    expect(audit(['warned.yaml', '--fail-on', 'never']).code).toBe(0);
  });

  it('is 3 where something is missing, unless that is allowed; what was found counts first', () => {
    const { code, out } = audit(['incomplete.yaml', '--fail-on', 'error']);
    expect(code, out).toBe(3);
    expect(out).toContain('What makes the answer less than whole');
    expect(audit(['incomplete.yaml', '--fail-on', 'error', '--allow-incomplete']).code).toBe(0);
    expect(audit(['incomplete.yaml', '--fail-on', 'note']).code).toBe(2);
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
    const ended = audit(args);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toMatch(new RegExp(`^postern: .+ \\[${code}\\]\\n$`));
  });

  it.each([[['noted.yaml', '-o', 'xml']], [['noted.yaml', '-o', 'json=']], [['noted.yaml', '--fail-on', 'bad']], [['--nonsense']]])(
    'is 1 for %j, which is no option',
    (args) => {
      const { code, err } = audit(args);
      expect(code).toBe(1);
      expect(err).toMatch(/^error: /);
    },
  );

  it('is not touched by a reader that has seen enough', () => {
    const { status, stderr } = spawnSync('sh', ['-c', '"$0" "$1" audit warned.yaml; echo "code $?" >&2', process.execPath, MAIN], {
      cwd: folder,
      encoding: 'utf8',
      env: environment(),
      // Its end is closed before anything is written.
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    expect(status).toBe(0);
    expect(stderr).toBe('code 2\n');
    const closed = spawnSync('sh', ['-c', '{ "$0" "$1" audit warned.yaml; echo "code $?" >&2; } | true', process.execPath, MAIN], {
      cwd: folder,
      encoding: 'utf8',
      env: environment(),
    });
    expect(closed.stderr).toBe('code 2\n');
  });

  it('is that of the signal where somebody interrupts it', async () => {
    const child = spawn(process.execPath, [MAIN, 'audit'], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], env: environment() });
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
    expect(audit([], { input: WARNED })).toMatchObject({ code: 2, err: '' });
    const { code, out } = audit(['-', '-q'], { input: WARNED });
    expect(code).toBe(2);
    expect(out).toMatch(/^<stdin>:\d+:\d+: warning PN\d+: /m);
  });

  it('is a folder, of which every finding has its file', () => {
    mkdirSync(join(folder, 'deep/er'), { recursive: true });
    writeFileSync(join(folder, 'deep/er/policy.yaml'), WARNED);
    expect(audit(['deep', '-q']).out).toMatch(new RegExp(`^${join('deep', 'er', 'policy.yaml')}:\\d+:\\d+: warning`, 'm'));
  });

  it('is called check, or not called anything', () => {
    expect(audit(['check', 'warned.yaml', '-o', 'json']).out).toBe(audit(['warned.yaml', '-o', 'json']).out);
  });

  it('may have objects without a namespace, which are in the one that is named', () => {
    const bare = WARNED.replaceAll(', namespace: shop', '');
    expect(audit(['-', '-n', 'shop', '-q'], { input: bare }).out).toContain('NetworkPolicy shop/lost');
    expect(audit(['-', '-n', 'a', '-n', 'b'], { input: bare })).toMatchObject({ code: 1 });
  });
});

describe('the output of an audit', () => {
  it('goes to several files at once, in folders that it makes, and one form to standard output', () => {
    const { out } = audit([
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
    expect((JSON.parse(read('out/x.sarif')) as { version: string }).version).toBe('2.1.0');
    expect((JSON.parse(read('out/x.json')) as { version: number }).version).toBe(1);
    expect(read('x.xml')).toMatch(/^<\?xml/);
  });

  it('goes to the file of --output-file in place of standard output', () => {
    expect(audit(['warned.yaml', '-o', 'json', '--output-file', 'x.json']).out).toBe('');
    expect(audit(['warned.yaml', '--output-file', 'x.txt']).out).toBe('');
    expect(read('x.json')).toMatch(/^\{/);
    expect(read('x.txt')).toContain('warned.yaml:');
  });

  it('names files from the checkout for GitHub, wherever in it the audit ran', () => {
    mkdirSync(join(folder, 'sub'));
    const { stdout } = spawnSync(process.execPath, [MAIN, 'audit', '../warned.yaml', '-o', 'github'], {
      cwd: join(folder, 'sub'),
      encoding: 'utf8',
      env: environment({ GITHUB_WORKSPACE: folder }),
    });
    expect(stdout).toMatch(/^::warning file=warned\.yaml,line=/m);
  });

  it('is not coloured in a pipe, whatever CI it is', () => {
    expect(audit(['warned.yaml'], { env: { CI: 'true' } }).out).not.toContain('\u001b[');
  });

  it('holds nothing but findings where it is to be quiet', () => {
    expect(
      audit(['noted.yaml', '-q', '--fail-on', 'never'])
        .out.split('\n')
        .filter((line) => !/: note PN\d+: /.test(line)),
    ).toEqual(['']);
  });
});

const needsScript = leaveOutIf(spawnSync('script', ['--version']).error === undefined ? undefined : 'needs script, of util-linux');

/** As in a terminal, which `script` makes. */
function auditAtTerminal(args: string, env: Readonly<Record<string, string>> = {}): string {
  const command = `'${process.execPath}' '${MAIN}' audit ${args}`;
  return spawnSync('script', ['-qec', command, '/dev/null'], { cwd: folder, encoding: 'utf8', env: environment(env) }).stdout;
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

describe('the configuration of an audit', () => {
  it('changes severities, and ignores with a reason; the nearest .postern.yaml is taken', () => {
    const { check } = (JSON.parse(audit(['warned.yaml', '-o', 'json']).out) as { findings: { check: string }[] }).findings[0]!;
    writeFileSync(join(folder, '.postern.yaml'), `severities: { ${check}: error }\n`);
    expect(audit(['warned.yaml', '-q']).out).toMatch(new RegExp(`: error ${check}: `));
    writeFileSync(
      join(folder, '.postern.yaml'),
      `ignores: [{ check: ${check}, object: NetworkPolicy shop/lost, reason: its pods come next week }]\n`,
    );
    const { code, out } = audit(['warned.yaml', '--verbose']);
    expect(code).toBe(0);
    expect(out).toContain('(its pods come next week)');
  });

  it('that is wrong is told in full, and nothing is audited', () => {
    writeFileSync(join(folder, 'own.yaml'), 'severities: { PN001: bad }\nnonsense: 1\n');
    const { code, out, err } = audit(['warned.yaml', '--config', 'own.yaml']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^postern: own\.yaml:.*E_CONFIG\]$/),
      expect.stringMatching(/^postern: own\.yaml:.*E_CONFIG\]$/),
    ]);
  });

  it('whose ignore has expired says so, and the finding counts', () => {
    const { check } = (JSON.parse(audit(['warned.yaml', '-o', 'json']).out) as { findings: { check: string }[] }).findings[0]!;
    writeFileSync(join(folder, '.postern.yaml'), `ignores: [{ check: ${check}, object: '*', reason: then, expires: '2020-01-01' }]\n`);
    const { code, err } = audit(['warned.yaml']);
    expect(code).toBe(2);
    expect(err).toMatch(/^postern: .*expired.*E_IGNORE_EXPIRED\]\n$/);
  });
});

describe('a baseline', () => {
  it('is written, takes away what it has, and lets through what is new', () => {
    expect(audit(['noted.yaml', '--baseline', 'base/line.json', '--update-baseline', '--fail-on', 'note']).code).toBe(0);
    expect(existsSync(join(folder, 'base/line.json'))).toBe(true);
    const same = audit(['noted.yaml', '--baseline', 'base/line.json', '--fail-on', 'note']);
    expect(same.code).toBe(0);
    expect(same.out).toMatch(/no findings; \d+ ignored/);
    writeFileSync(join(folder, 'noted.yaml'), `# one line more\n${WARNED}`);
    const fresh = audit(['noted.yaml', '--baseline', 'base/line.json', '--fail-on', 'note', '-q']);
    expect(fresh.code).toBe(2);
    expect(fresh.out).toContain('NetworkPolicy shop/lost');
    expect(fresh.out).not.toContain('Deployment shop/web');
  });

  it('says when it holds what is no more', () => {
    audit(['warned.yaml', '--baseline', 'b.json', '--update-baseline']);
    writeFileSync(join(folder, 'warned.yaml'), NOTED);
    expect(audit(['warned.yaml', '--baseline', 'b.json']).err).toMatch(
      /of the baseline b\.json (is|are) no more: write it again with --update-baseline/,
    );
  });
});

describe('the catalogue', () => {
  it('lists every check, and shows one with what is wrong and what is right', () => {
    expect(audit(['explain-check']).out).toMatch(/^PN001 {2}warning {2}ingress-not-isolated /m);
    const one = audit(['explain-check', 'pn001']).out;
    for (const part of [
      'PN001 ingress-not-isolated',
      'Why it matters',
      'How to mend it',
      'With the fault',
      'Without it',
      '  kind: NetworkPolicy',
    ])
      expect(one).toContain(part);
    expect(audit(['explain-check', 'ingress-not-isolated']).out).toBe(one);
  });

  it('is JSON for programs', () => {
    const all = JSON.parse(audit(['explain-check', '--json']).out) as { id: string }[];
    expect(all[0]).toMatchObject({ id: 'PN001', bad: expect.any(String) as string });
    expect(JSON.parse(audit(['explain-check', 'PN001', '--json']).out)).toEqual(all[0]);
  });
});

describe('a snapshot', () => {
  it('is audited as what it was made of', () => {
    expect(audit(['snapshot', 'warned.yaml', '-o', 'kept/snapshot.json'])).toEqual({ code: 0, out: '', err: '' });
    const told = (file: string): unknown[] => {
      const { findings } = JSON.parse(audit([file, '-o', 'json']).out) as {
        findings: { fingerprint: string; message: string; at: { file: string } }[];
      };
      return findings.map(({ fingerprint, message, at }) => [fingerprint, message, at.file]);
    };
    expect(told('kept/snapshot.json')).toEqual(told('warned.yaml'));
    expect(audit(['-', '-q'], { input: audit(['snapshot', 'warned.yaml']).out }).code).toBe(2);
  });

  it('of an input that lacks something is written, and says so', () => {
    const { code, out, err } = audit(['snapshot', 'incomplete.yaml']);
    expect(code).toBe(3);
    expect(err).toMatch(/^postern: Namespace: /);
    expect(out).toContain('AuditSnapshot');
    expect(audit(['snapshot', 'incomplete.yaml', '--allow-incomplete']).code).toBe(0);
  });
});

describe('what is told on standard error', () => {
  it('is a line each, whatever the names of the input', () => {
    const hostile = 'apiVersion: v1\nkind: Pod\nmetadata: { name: "p\\n::error::x\\e[31m", namespace: shop }\n';
    const { err } = audit(['snapshot', '-'], { input: hostile });
    expect(err).not.toMatch(/^::error|[^\P{Cc}\n]/mu);
    for (const line of err.trimEnd().split('\n')) expect(line).toMatch(/^postern: /);
  });
});
