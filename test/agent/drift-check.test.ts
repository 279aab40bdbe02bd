/** Checks of the kernel by the agent, over a datapath in memory: one at a time, never of a half-applied state, told once. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DriftCheck } from '../../src/agent/drift-check.ts';
import { Interfaces, type FoundInterface } from '../../src/agent/interfaces.ts';
import { Reconciler } from '../../src/agent/reconciler.ts';
import { Compiler } from '../../src/compiler/compiler.ts';
import { MemoryDatapath } from '../../src/datapath/memory.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';

const WEB = parseAddress('10.1.0.2');
const FRIEND = parseAddress('10.1.0.3');
const OBJECTS: readonly ClusterObject[] = [
  namespace('shop'),
  node('node-1', ['10.9.0.1']),
  pod('shop/web', { node: 'node-1', addresses: ['10.1.0.2'], labels: { app: 'web' } }),
  pod('shop/friend', { node: 'node-2', addresses: ['10.1.0.3'], labels: { app: 'friend' } }),
  policy('shop/web', {
    podSelector: { matchLabels: { app: 'web' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }] }],
  }),
];

describe('a check of the kernel', () => {
  let datapath: MemoryDatapath;
  let reconciler: Reconciler;
  let drift: DriftCheck;
  let lines: { readonly code?: string; readonly where?: string }[];

  beforeEach(() => {
    lines = [];
    datapath = new MemoryDatapath();
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) });
    const compiler = new Compiler({ node: 'node-1' });
    const find = (wanted: ReadonlySet<bigint>): FoundInterface[] =>
      wanted.has(WEB) ? [{ address: WEB, netnsid: 1, hostIfindex: 12, gateways: [], contested: false }] : [];
    const interfaces = new Interfaces(find, () => true);
    const now = (): { ms: number; monotonic: bigint } => ({ ms: performance.now(), monotonic: process.hrtime.bigint() });
    reconciler = new Reconciler({ compiler, datapath, interfaces, listNodeAddresses: () => [], log, now, isComplete: () => true });
    drift = new DriftCheck({ compiler, datapath, interfaces, reconciler, log, intervalMs: 0 });
    reconciler.events(OBJECTS.map((object) => ({ type: 'upsert', object })));
  });
  afterEach(async () => {
    await drift.stop();
    reconciler.stop();
  });

  const synced = (): void => {
    reconciler.synced();
    reconciler.flush();
  };

  it('concludes nothing before the first flush, and nothing once it is stopped', async () => {
    await expect(drift.run(true)).rejects.toMatchObject({ code: 'E_NOT_SETTLED' });
    synced();
    expect((await drift.run(true)).drifts).toEqual([]);
    await drift.stop();
    await expect(drift.run(true)).rejects.toMatchObject({ code: 'E_NOT_SETTLED' });
  });

  it('takes events that come while it runs for what they are', async () => {
    synced();
    const runs = [drift.run(true), drift.run(true)];
    reconciler.events([
      { type: 'upsert', object: pod('shop/more', { node: 'node-2', addresses: ['10.1.0.9'], labels: { app: 'friend' } }) },
    ]);
    for (const run of runs) expect((await run).drifts).toEqual([]);
    expect(datapath.judge(12, 'ingress', parseAddress('10.1.0.9'), 6, 80)).toBe('allow');
    expect(drift.totals).toEqual({ checks: 2, found: 0, repaired: 0 });
  });

  it('judges every flow again after a repair, and tells of it once', async () => {
    synced();
    const word = datapath.words.get(12);
    datapath.apply([{ op: 'delete-address', address: FRIEND }]);
    expect((await drift.run(false)).drifts).toMatchObject([{ where: '10.1.0.3', repaired: false }]);
    await drift.run(false);
    expect(datapath.words.get(12)).toEqual(word);
    expect(lines.filter(({ code }) => code === 'E_DRIFT')).toHaveLength(1);
    await drift.run(true);
    expect(datapath.judge(12, 'ingress', FRIEND, 6, 80)).toBe('allow');
    expect(datapath.words.get(12)?.generation).toBe((word?.generation ?? 0) + 1);
    expect((await drift.run(true)).drifts).toEqual([]);
    expect(drift.totals).toEqual({ checks: 4, found: 3, repaired: 1 });
  });

  it('gives an endpoint another configuration row in place of one that was changed', async () => {
    synced();
    const before = datapath.words.get(12)?.config ?? 0;
    const config = datapath.configs.get(before);
    if (config !== undefined) datapath.configs.set(before, { ...config, sourceCheck: false });
    expect((await drift.run(true)).drifts).toMatchObject([{ what: 'configs', kind: 'changed', repaired: true }]);
    const after = datapath.words.get(12)?.config ?? 0;
    expect(after).not.toBe(before);
    expect(datapath.configs.get(after)?.sourceCheck).toBe(true);
  });

  it('treats an interface whose programs were off as one that ran open', async () => {
    synced();
    datapath.detach(12);
    expect((await drift.run(true)).drifts).toMatchObject([{ what: 'hooks', kind: 'missing', repaired: true }]);
    expect(datapath.attached().has(12)).toBe(true);
    expect(datapath.configs.get(datapath.words.get(12)?.config ?? 0)?.takeOverUntil).toBeGreaterThan(0n);
  });
});
