/** What a command loads: an audit runs where nothing native is built and no agent, lab or client of a cluster is of use. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const SHOP = fileURLToPath(new URL('../../examples/shop', import.meta.url));

const own = mkdtempSync(join(tmpdir(), 'postern-loading-'));
const ASSERTIONS = join(own, 'assertions.yaml');

beforeAll(() =>
  writeFileSync(ASSERTIONS, 'assertions: [{ name: web reaches api, allow: { from: shop/web, to: shop/api, port: 8080 } }]\n'),
);
afterAll(() => rmSync(own, { recursive: true, force: true }));

/** Notes every module that is loaded, also by `require`, and every native one. */
const HOOK = `
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
const note = (name) => appendFileSync(process.env.LOADED, name + '\\n');
registerHooks({ load(url, context, next) { note(url); return next(url, context); } });
const { dlopen } = process;
process.dlopen = (...args) => { note('native ' + args[1]); return dlopen.apply(process, args); };
`;

/** Names of loaded modules, from the root of the clone. */
function loadedBy(args: readonly string[], input = ''): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'postern-loading-'));
  try {
    const file = join(folder, 'loaded');
    const hook = `data:text/javascript,${encodeURIComponent(HOOK)}`;
    const { status, stderr, error } = spawnSync(process.execPath, ['--import', hook, MAIN, ...args], {
      input,
      encoding: 'utf8',
      env: { ...process.env, LOADED: file, KUBECONFIG: join(folder, 'none') },
    });
    expect(error).toBeUndefined();
    expect([0, 2, 3], stderr).toContain(status);
    const root = pathToFileURL(fileURLToPath(new URL('../..', import.meta.url))).href;
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((name) => name !== '')
      .map((name) => name.replace(root, '/'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const FOREIGN =
  /\/src\/(agent|lab|datapath|discovery|cni|kube)\/|^native |\.node$|\/native\/|ffi-napi|ref-napi|node-gyp-build|client-node|\/node_modules\/(pino|prom-client|protobufjs)\//;

describe('what is loaded', () => {
  it.each([
    ['its help', ['audit', '--help']],
    ['a check of files', ['audit', SHOP, '--fail-on', 'never', '--allow-incomplete']],
    ['the catalogue', ['audit', 'explain-check', 'PN001']],
    ['a matrix of files', ['audit', 'matrix', SHOP, '--allow-incomplete']],
    ['a test of assertions', ['audit', 'test', ASSERTIONS, '--input', SHOP, '--allow-incomplete']],
    ['an exposure', ['audit', 'exposure', SHOP, '--allow-incomplete']],
    ['a difference', ['audit', 'diff', SHOP, SHOP, '--allow-incomplete']],
    ['a suggestion', ['audit', 'suggest', '--skeleton', SHOP, '--allow-incomplete']],
    ['an explanation', ['audit', 'explain', 'shop/web', 'shop/api:8080', SHOP, '--allow-incomplete']],
  ])('by an audit holds nothing native, no agent, no lab and no client of clusters: %s', (_, args) => {
    const loaded = loadedBy(args);
    expect(loaded.some((name) => name.endsWith('/src/cli/audit.ts'))).toBe(true);
    expect(loaded.filter((name) => FOREIGN.test(name))).toEqual([]);
  });

  it('by an audit of standard input, neither', () => {
    const policy = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: b}\nspec: {podSelector: {}}\n';
    expect(loadedBy(['audit', '--fail-on', 'never', '--allow-incomplete'], policy).filter((name) => FOREIGN.test(name))).toEqual([]);
  });

  it('for the names of the subcommands is none of them', () => {
    const loaded = loadedBy(['--help']).filter((name) => name.includes('/src/'));
    expect(loaded.filter((name) => !/\/src\/(main|cli\/commands|model\/(version|error))\.ts$/.test(name))).toEqual([]);
  });

  it('would be noticed: the agent’s own command loads what is its own', () => {
    expect(loadedBy(['agent', '--help']).some((name) => FOREIGN.test(name))).toBe(true);
  });
});
