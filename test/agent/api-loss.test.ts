/** An API server that goes away and comes back: told once each, and not for a connection that is made anew. */

import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiLoss } from '../../src/agent/api-loss.ts';
import type { SourcePart } from '../../src/model/source.ts';

const HEARD: SourcePart = {
  state: 'watching',
  objects: 1,
  version: '1',
  lists: 1,
  watches: 1,
  silentMs: 0,
  failure: null,
  failingMs: null,
};
const failing = (failure: string, failingMs: number): SourcePart => ({ ...HEARD, state: 'waiting', failure, failingMs });

describe('the loss of the API server', () => {
  let source: { details?: Record<string, SourcePart> };
  let lines: { level: number; msg: string; resources?: string[] }[];
  let loss: ApiLoss;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    source = { details: { pods: HEARD, nodes: HEARD } };
    lines = [];
    loss = new ApiLoss(source, pino({}, { write: (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]) }));
  });
  afterEach(() => {
    loss.stop();
    vi.useRealTimers();
  });

  const tell = (details: Record<string, SourcePart>): void => {
    source.details = details;
    vi.advanceTimersByTime(1000);
  };

  it('is told when it lasts, with what is not heard, and its end with how long it was', () => {
    tell({ pods: failing('E_KUBE_CONNECTION', 2100), nodes: HEARD });
    expect(lines).toMatchObject([{ level: 40, resources: ['pods'], msg: 'the API server is away; what was enforced stays in force' }]);
    tell({ pods: failing('E_KUBE_CONNECTION', 3100), nodes: failing('E_KUBE_CONNECTION', 900) });
    vi.advanceTimersByTime(57_000);
    expect(loss.lostMs).toBeCloseTo(60_100, -2);
    tell({ pods: HEARD, nodes: HEARD });
    expect(lines.slice(1)).toMatchObject([{ level: 30, msg: 'the API server is back after 61 s' }]);
    expect([loss.lostMs, loss.losses]).toEqual([undefined, 1]);
  });

  it('is none while a connection is made anew, nor where the server refuses one resource', () => {
    tell({ pods: failing('E_KUBE_CONNECTION', 300), nodes: HEARD });
    tell({ pods: failing('E_KUBE_FORBIDDEN', 60_000), nodes: HEARD });
    expect([lines, loss.losses, loss.lostMs]).toEqual([[], 0, undefined]);
  });

  it('is over only when every resource is heard', () => {
    tell({ pods: failing('E_KUBE_SERVER', 5000), nodes: failing('E_KUBE_SERVER', 5000) });
    tell({ pods: HEARD, nodes: failing('E_KUBE_SERVER', 6000) });
    expect(loss.lostMs).toBeDefined();
    tell({ pods: HEARD, nodes: HEARD });
    expect(loss.lostMs).toBeUndefined();
  });

  it('is unknown to a source without a server', () => {
    delete source.details;
    vi.advanceTimersByTime(10_000);
    expect(lines).toEqual([]);
  });
});
