/** When flushes come: at once, then paced, then a while after a failure; and how long one has been due. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FlushTimer } from '../../src/agent/flush-timer.ts';

describe('the next flush', () => {
  let flushes: number[];
  let timer: FlushTimer;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    flushes = [];
    timer = new FlushTimer(() => {
      timer.begun();
      flushes.push(performance.now());
    });
  });
  afterEach(() => {
    timer.stop();
    vi.useRealTimers();
  });

  it('comes at once where nothing was flushed for a while, and ten milliseconds after the last one else', () => {
    const start = performance.now();
    timer.soon();
    vi.advanceTimersByTime(0);
    timer.soon();
    timer.soon();
    vi.advanceTimersByTime(9);
    expect(flushes).toEqual([start]);
    vi.advanceTimersByTime(1);
    expect(flushes).toEqual([start, start + 10]);
    expect(timer.waiting).toBe(false);
  });

  it('comes a second after a failure, unless one is to come anyway', () => {
    const start = performance.now();
    timer.begun();
    timer.afterFailure();
    timer.soon();
    vi.advanceTimersByTime(999);
    expect(flushes).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(flushes).toEqual([start + 1000]);
    timer.soon();
    timer.afterFailure();
    vi.advanceTimersByTime(10);
    expect(flushes).toHaveLength(2);
  });

  it('is overdue from the moment on at which it should have begun', () => {
    const stuck = new FlushTimer(() => undefined);
    expect(stuck.overdueMs).toBe(0);
    stuck.afterFailure();
    vi.advanceTimersByTime(1000);
    expect(stuck.overdueMs).toBe(0);
    vi.advanceTimersByTime(59_000);
    expect(stuck.overdueMs).toBe(59_000);
    stuck.begun();
    expect(stuck.overdueMs).toBe(0);
  });
});
