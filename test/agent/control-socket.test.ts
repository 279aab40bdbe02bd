/** Who listens to packet events, and what each listener hears. */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request, type ClientRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlSocket } from '../../src/agent/control-socket.ts';
import type { NamedEvent } from '../../src/agent/drop-log.ts';
import type { SuppressedNotice } from '../../src/agent/suppressed-events.ts';

const event = (verdict: NamedEvent['verdict']): NamedEvent => ({ verdict, pod: 'shop/web' }) as NamedEvent;
const NOTICE: SuppressedNotice = { kind: 'suppressed', time: '', node: 'node-1', pod: 'shop/web', count: 9 };

describe("the agent's socket", () => {
  let folder: string;
  let path: string;
  let socket: ControlSocket;
  let traced: boolean[];
  let begun: number;
  let calls: ClientRequest[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'postern-socket-'));
    path = join(folder, 'agent.sock');
    traced = [];
    begun = 0;
    calls = [];
    socket = await ControlSocket.open(path, {
      settle: () => Promise.resolve({}),
      status: () => ({ node: 'node-1' }),
      verify: () => Promise.resolve({}),
      enforce: (word) => ({ word }),
      traceFlows: (on) => void traced.push(on),
      testRun: (body) => Promise.resolve({ asked: body.length }),
      suppressed: { begin: () => void (begun += 1), take: () => [NOTICE] },
      cni: (body) => Promise.resolve({ ok: body.length === 3, text: body.toString() }),
    });
  });
  afterEach(() => {
    for (const call of calls) call.destroy();
    socket.close();
    rmSync(folder, { recursive: true });
  });

  /** Lines from now on, in an array that grows. */
  async function listen(query: string): Promise<{ lines: unknown[]; call: ClientRequest }> {
    const lines: unknown[] = [];
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const call = request({ socketPath: path, path: `/events${query}` }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) =>
        lines.push(
          ...text
            .trim()
            .split('\n')
            .map((line): unknown => JSON.parse(line)),
        ),
      );
      response.on('error', () => undefined);
      resolve();
    });
    call.on('error', reject);
    call.end();
    calls.push(call);
    await promise;
    return { lines, call };
  }

  it('tells drops to everyone, new flows to who asks for them, and counts for nobody', async () => {
    const [drops, flows] = [await listen(''), await listen('?flows')];
    socket.publish([event('deny'), event('allow'), event('would-deny')]);
    await expect.poll(() => flows.lines.length).toBe(3);
    expect(drops.lines).toEqual([event('deny'), event('would-deny')]);
    expect(begun).toBe(0);
  });

  it('has flows traced only while somebody listens to them', async () => {
    await listen('');
    const { call } = await listen('?flows&suppressed');
    expect(traced.at(-1)).toBe(true);
    call.destroy();
    await expect.poll(() => traced.at(-1)).toBe(false);
  });

  it('says how many events were not told, to who asks for that', async () => {
    const [plain, careful] = [await listen(''), await listen('?suppressed')];
    await expect.poll(() => careful.lines, { timeout: 3000 }).toContainEqual(NOTICE);
    expect([plain.lines, begun]).toEqual([[], 1]);
  });

  it('cuts off who does not read', async () => {
    const call = request({ socketPath: path, path: '/events?flows' }, (response) => void response.pause().on('error', () => undefined));
    call.on('error', () => undefined);
    call.end();
    calls.push(call);
    await expect.poll(() => traced.at(-1)).toBe(true);
    const wide = { ...event('deny'), text: 'x'.repeat(1 << 16) };
    const filling = setInterval(() => socket.publish([wide, wide]), 1);
    try {
      await expect.poll(() => traced.at(-1), { timeout: 10_000 }).toBe(false);
    } finally {
      clearInterval(filling);
    }
  });

  it('is for root alone, and names what it has where it is asked for something else', async () => {
    expect(statSync(path).mode & 0o077).toBe(0);
    const { promise, resolve } = Promise.withResolvers<string>();
    request({ socketPath: path, path: '/eventsx' }, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    }).end();
    expect(await promise).toContain('no GET /eventsx; there are GET /status, GET /events (?flows, ?suppressed)');
  });
});
