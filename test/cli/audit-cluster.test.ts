/** `postern audit` of a cluster: the program asks a server that stands in for one. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLUSTER_RESOURCES } from '../../src/cli/cluster-resources.ts';
import { FakeApiServer } from '../kube/support/fake-api-server.ts';
import { namespaceManifest, podManifest, policyManifest } from '../support/builders/manifests.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

let folder: string;
let server: FakeApiServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postern-audit-cluster-'));
  server = new FakeApiServer(CLUSTER_RESOURCES);
  for (const name of ['shop', 'bank']) {
    server.put(namespaceManifest(name, { team: name }));
    server.put(podManifest(`${name}/web`, { labels: { app: 'web' }, addresses: [name === 'shop' ? '10.0.0.1' : '10.0.0.2'] }));
    server.put(policyManifest(`${name}/lost`, { podSelector: { matchLabels: { app: 'wbe' } } }));
  }
  const cluster = { name: 'test', cluster: { server: await server.listen(), 'insecure-skip-tls-verify': true } };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [cluster],
    users: [{ name: 'dev', user: {} }],
    contexts: [{ name: 'prod', context: { cluster: 'test', user: 'dev' } }],
    'current-context': 'prod',
  };
  writeFileSync(join(folder, 'kubeconfig'), JSON.stringify(kubeconfig));
});

afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What is piped in is never read. */
async function audit(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const env = { ...process.env, KUBECONFIG: join(folder, 'kubeconfig') };
  const child = spawn(process.execPath, [MAIN, 'audit', ...args], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.once('close', resolve);
  return { code: await promise, out, err };
}

describe('an audit of a cluster', () => {
  it.each([['--cluster'], ['-A'], ['--context', 'prod']])('is asked for by %s', async (...args) => {
    const { code, out, err } = await audit(...args, '-q');
    expect(code, err).toBe(2);
    expect(out).toContain('NetworkPolicy shop/lost');
    expect(out).toContain('NetworkPolicy bank/lost');
    expect(out).not.toMatch(/:\d+:\d+:/);
  });

  it('of a namespace has the findings there alone', async () => {
    const { out } = await audit('-n', 'shop', '-q');
    expect(out).toContain('NetworkPolicy shop/lost');
    expect(out).not.toContain('bank/');
  });

  it('asks and never writes', async () => {
    await audit('--cluster');
    expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
  });

  it('names the cluster, and what of it may not be read', async () => {
    server.misbehave(({ path }) =>
      path.endsWith('/pods') ? { kind: 'refuse', status: 403, message: 'User "dev" cannot list pods' } : undefined,
    );
    const { code, out } = await audit('--cluster', '--fail-on', 'never');
    expect(code).toBe(3);
    expect(out).toContain('the cluster prod');
    expect(out).toMatch(/Pod: .*cannot list pods/);
  });

  it.each([
    [['-A', '-n', 'shop'], 'E_USAGE'],
    [['--context', 'none'], 'E_KUBECONFIG'],
    [['--kubeconfig', 'none'], 'E_KUBECONFIG'],
  ])('is refused with one line for %j', async (args, expected) => {
    const { code, out, err } = await audit(...args);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(new RegExp(`^postern: .+ \\[${expected}\\]\\n$`));
  });

  it('says that nobody answers', async () => {
    server.close();
    const { code, err } = await audit('--cluster');
    expect(code).toBe(1);
    expect(err).toMatch(/^postern: .+ \[E_KUBE_CONNECTION\]\n$/);
  });
});
