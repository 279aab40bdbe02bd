/** The bundle that the image holds does what the modules do that it was made from. */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
  execFileSync(process.execPath, ['scripts/bundle.ts', folder]);
  cpSync('package.json', join(folder, 'package.json'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(main: string, args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout, stderr };
}

test.each([
  '--version',
  'agent --help',
  'audit examples/shop --output sarif',
  'audit matrix examples/shop',
  'audit explain shop/web shop/db:5432 examples/shop',
  'audit exposure examples/shop',
  'audit diff examples/shop examples/shop/policies.yaml',
  'audit suggest --skeleton examples/shop',
  'audit snapshot examples/shop',
  'audit explain-check PN001',
])('postern %s', (words) => {
  const expected = run('src/main.ts', words.split(' '));
  expect([0, 2, 3]).toContain(expected.status);
  expect(run(join(folder, 'dist/main.js'), words.split(' '))).toEqual(expected);
});
