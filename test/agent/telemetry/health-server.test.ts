/** What Prometheus and the kubelet are answered. */

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { HealthServer, type Health } from '../../../src/agent/telemetry/health-server.ts';
import { parseListenAddress } from '../../../src/agent/telemetry/listen-address.ts';
import { PosternError } from '../../../src/model/error.ts';

const WELL: Health = {
  metrics: () => Promise.resolve({ type: 'text/plain; version=0.0.4', text: 'postern_ready 1\n' }),
  unreadiness: () => undefined,
  standstill: () => undefined,
};

describe('the server of metrics and health', () => {
  let server: HealthServer | undefined;
  let lines: { msg?: string; code?: string }[] = [];

  afterEach(() => server?.close());

  function serve(health: Partial<Health>, port = 0): HealthServer {
    lines = [];
    const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
    return (server = new HealthServer({ host: '127.0.0.1', port }, { ...WELL, ...health }, log));
  }

  async function addressOf(of: HealthServer): Promise<AddressInfo> {
    while (of.address === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    return of.address;
  }

  async function ask(path: string, method = 'GET'): Promise<[number, string]> {
    const { port } = await addressOf(server!);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return [response.status, await response.text()];
  }

  it('gives metrics in the format of Prometheus', async () => {
    serve({});
    const { port } = await addressOf(server!);
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['text/plain; version=0.0.4', 'postern_ready 1\n']);
  });

  it('says why an agent is not ready, or stuck, with 503', async () => {
    serve({
      unreadiness: () => new PosternError('E_NOT_SYNCED', 'the source has not told everything yet', { mend: 'wait' }),
      standstill: () => new PosternError('E_STUCK', 'a flush has been due for 90 s'),
    });
    expect(await ask('/readyz')).toEqual([503, 'the source has not told everything yet (wait) [E_NOT_SYNCED]\n']);
    expect(await ask('/livez')).toEqual([503, 'a flush has been due for 90 s [E_STUCK]\n']);
  });

  it('answers 200 for an agent that is well, also where kubelets add a query', async () => {
    serve({});
    expect(await ask('/readyz?verbose')).toEqual([200, 'ready\n']);
    expect(await ask('/livez')).toEqual([200, 'alive\n']);
    expect(await ask('/livez', 'HEAD')).toEqual([200, '']);
  });

  it('has nothing else, and takes nothing', async () => {
    serve({});
    expect((await ask('/status'))[0]).toBe(404);
    expect((await ask('/metrics', 'POST'))[0]).toBe(405);
  });

  it('tells of metrics that cannot be read, and goes on', async () => {
    serve({ metrics: () => Promise.reject(new Error('no map')) });
    expect(await ask('/metrics')).toEqual([500, 'Error: no map\n']);
    expect((await ask('/livez'))[0]).toBe(200);
  });

  it('waits for a port that somebody else has, and says so once', async () => {
    const other: Server = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    serve({}, (other.address() as AddressInfo).port);
    await expect.poll(() => lines.filter(({ code }) => code === 'E_LISTEN').length).toBe(1);
    expect(server?.address).toBeUndefined();
    other.close();
    expect(await ask('/livez')).toEqual([200, 'alive\n']);
    expect(lines.filter(({ code }) => code === 'E_LISTEN')).toHaveLength(1);
  });
});

describe('an address to listen at', () => {
  it.each([
    ['0.0.0.0:9470', { host: '0.0.0.0', port: 9470 }],
    ['[::]:9470', { host: '::', port: 9470 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ])('%s is one', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each([
    '9470',
    ':9470',
    '::9470',
    '[10.0.0.1]:80',
    'localhost:80',
    '10.0.0.1',
    '10.0.0.1:65536',
    '10.0.0.1:',
    '10.0.0.1:80x',
    '::1:80',
  ])('%s is none', (text) => {
    expect(parseListenAddress(text)).toBeUndefined();
  });
});
