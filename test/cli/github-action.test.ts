/** The GitHub Action: its step as a runner starts it. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
};
const [, audit] = action.runs.steps;

const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: lost, namespace: shop }
spec: { podSelector: { matchLabels: { app: wbe } } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: web, image: web }] }
`;

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-action-'));
  writeFileSync(join(folder, 'policy.yaml'), POLICY);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As a runner does it: inputs with their defaults, put in where the step's `env` asks for them. */
function runStep(inputs: Readonly<Record<string, string>> = {}): {
  code: number | null;
  out: string;
  err: string;
  outputs: Record<string, string>;
  summary: string;
} {
  const given = (name: string): string => inputs[name] ?? action.inputs[name]?.default ?? '';
  const filled = Object.entries(audit?.env ?? {}).map(([key, value]) => [
    key,
    value.replace(/^\$\{\{ inputs\.([\w-]+) \}\}$/, (_, name: string) => given(name)),
  ]);
  const [output, summary] = [join(folder, '.output'), join(folder, '.summary')];
  for (const file of [output, summary]) writeFileSync(file, '');
  const { status, stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', audit?.run ?? ''], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      HOME: folder,
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      GITHUB_ACTION_PATH: ROOT,
      GITHUB_WORKSPACE: folder,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      ...(Object.fromEntries(filled) as Record<string, string>),
    },
  });
  const lines = readFileSync(output, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const outputs = Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
  return { code: status, out: stdout, err: stderr, outputs, summary: readFileSync(summary, 'utf8') };
}

describe('the action', () => {
  it('annotates findings, writes the summary and the outputs, and fails', () => {
    const { code, out, outputs, summary } = runStep();
    expect(code).toBe(2);
    expect(out).toMatch(/^::warning file=policy\.yaml,line=4,col=\d+,title=PN003 policy-selects-nothing::/m);
    expect(summary).toMatch(/^### Policy audit: \d+ findings/);
    expect(Object.keys(outputs)).toEqual(Object.keys(action.outputs));
    expect(outputs).toMatchObject({ 'exit-code': '2', errors: '0' });
    expect(Number(outputs['warnings'])).toBeGreaterThan(0);
  });

  it('fails from the severity on that is given, and takes more arguments, one a line', () => {
    expect(runStep({ 'fail-on': 'error', args: '--allow-incomplete\n' })).toMatchObject({ code: 0, outputs: { 'exit-code': '0' } });
    expect(runStep({ 'fail-on': 'never', args: '\n--quiet\n--config\nnone.yaml' })).toMatchObject({
      code: 1,
      outputs: { 'exit-code': '1' },
    });
  });

  it('writes SARIF and no summary where that is asked for', () => {
    const { summary } = runStep({ 'sarif-file': 'out/a b.sarif', summary: 'false', paths: 'policy.yaml\n' });
    expect(summary).toBe('');
    expect(JSON.parse(readFileSync(join(folder, 'out/a b.sarif'), 'utf8'))).toMatchObject({ version: '2.1.0' });
  });

  it('takes nothing that it is given for shell or for an option', () => {
    const hostile = '$(touch ran); `touch ran` && touch ran';
    const { code, err } = runStep({ paths: `${hostile}\n--help\n`, 'sarif-file': 'x.sarif' });
    expect(code).toBe(1);
    expect(err).toContain('E_MANIFEST_READ');
    expect(runStep({ 'fail-on': `error ${hostile}` }).code).toBe(1);
    expect(runStep({ args: hostile }).code).toBe(1);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  it('puts no expression into shell, and pins what it uses', () => {
    for (const { run, uses } of action.runs.steps) {
      expect(run ?? '').not.toContain('${{');
      if (uses !== undefined) expect(uses).toMatch(/@[0-9a-f]{40}$/);
    }
    expect(action.runs.using).toBe('composite');
    for (const { value } of Object.values(action.outputs)) expect(value).toMatch(/^\$\{\{ steps\.audit\.outputs\.[\w-]+ \}\}$/);
    expect(audit?.id).toBe('audit');
  });
});

describe('the hook', () => {
  it('runs the audit out of the checkout, with the arguments that it is given', () => {
    const [hook] = parse(readFileSync(join(ROOT, '.pre-commit-hooks.yaml'), 'utf8')) as {
      entry: string;
      args: string[];
      language: string;
    }[];
    expect(hook).toMatchObject({ id: 'postern-audit', language: 'script', pass_filenames: false });
    const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
    const { status, stdout, stderr } = spawnSync(join(ROOT, hook!.entry), hook!.args, { cwd: folder, encoding: 'utf8', env: { PATH } });
    expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
    expect(stdout).toContain('policy.yaml:4:');
  });

  it('says that Node is too old', () => {
    const old = join(folder, 'node');
    writeFileSync(old, '#!/bin/sh\nif [ "$1" = --version ]; then echo v20.0.0; else exit 1; fi\n', { mode: 0o755 });
    const { status, stderr } = spawnSync(join(ROOT, 'scripts/run-audit.sh'), ['.'], {
      encoding: 'utf8',
      env: { PATH: [folder, '/usr/bin', '/bin'].join(delimiter) },
    });
    expect(status).toBe(1);
    expect(stderr).toBe('postern: Node 22.18 or later is needed, and there is v20.0.0\n');
  });
});
