/** Credentials and the errors of those who have none. */

import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ApiServer } from '../../src/kube/api-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
const kubeconfig = join(folder, 'config');
const tokenFile = join(folder, 'token');
const seen: string[] = [];
const signal = new AbortController().signal;
let server: Server;

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request.headers.authorization ?? '');
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, 'insecure-skip-tls-verify': true };
  const script = `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"of-a-plugin"}}'`;
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', script], interactiveMode: 'Never' };
  const users = { rotating: { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } }, plugin: { exec } };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'rotating',
      clusters: [{ name: 'here', cluster }],
      users: Object.entries(users).map(([name, user]) => ({ name, user })),
      contexts: Object.keys(users).map((name) => ({ name, context: { cluster: 'here', user: name } })),
    }),
  );
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

async function ask(api: ApiServer): Promise<string | undefined> {
  const response = await api.get('/version', {}, signal);
  response.resume();
  return seen.at(-1);
}

describe('the way to the API server', () => {
  it('reads the token of a service account anew after a minute', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    writeFileSync(tokenFile, 'first');
    const api = new ApiServer({ kubeconfig });
    expect(await ask(api)).toBe('Bearer first');
    writeFileSync(tokenFile, 'second');
    vi.setSystemTime(Date.now() + 61_000);
    expect(await ask(api)).toBe('Bearer second');
  });

  it('asks a plugin where the user of the context has one', async () => {
    expect(await ask(new ApiServer({ kubeconfig, context: 'plugin' }))).toBe('Bearer of-a-plugin');
  });

  it.for([
    ['there is no such file', { kubeconfig: join(folder, 'none') }, 'E_KUBECONFIG'],
    ['it has no such context', { kubeconfig, context: 'none' }, 'E_KUBECONFIG'],
  ] as const)('is refused with the file and what to do where %s', ([, options, code]) => {
    expect(() => new ApiServer(options)).toThrow(
      expect.objectContaining({ code, at: { file: options.kubeconfig }, mend: expect.stringContaining('--kubeconfig') }),
    );
  });

  it('says that there is no kubeconfig, where none is named and none is found', () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', join(folder, 'nobody'));
    vi.stubEnv('USERPROFILE', join(folder, 'nobody'));
    try {
      expect(() => new ApiServer({})).toThrow(
        expect.objectContaining({ code: 'E_KUBECONFIG', message: expect.stringContaining('there is none') }),
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('says that nobody answers', async () => {
    const api = new ApiServer({ kubeconfig });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(api.get('/version', {}, signal)).rejects.toMatchObject({
      code: 'E_KUBE_CONNECTION',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
