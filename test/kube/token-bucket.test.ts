/** Many at once, few for long. */

import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../src/kube/token-bucket.ts';

describe('a bucket of tokens', () => {
  it('gives as many at once as it holds, then one for each refill, and never gathers more', () => {
    const bucket = new TokenBucket({ size: 3, refillMs: 100 }, 0);
    expect([0, 0, 0, 0].map((now) => bucket.take(now))).toEqual([0, 0, 0, 100]);
    expect(bucket.take(40)).toBe(60);
    expect([100, 100].map((now) => bucket.take(now))).toEqual([0, 100]);
    expect([10_000, 10_000, 10_000, 10_000].map((now) => bucket.take(now))).toEqual([0, 0, 0, 100]);
  });
});
