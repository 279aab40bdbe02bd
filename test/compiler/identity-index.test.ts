/** Identities by their lists: found whatever the order, and never mistaken for others of the same hash. */

import { describe, expect, it } from 'vitest';
import { IdentityIndex } from '../../src/compiler/identity-index.ts';
import type { Identity, LiveList } from '../../src/compiler/members.ts';
import { makePeerList } from '../../src/policy/peer-list.ts';

const list = (id: number, hash = id * 0x9e3779b1): LiveList => ({
  id,
  hash: hash >>> 0,
  list: makePeerList([]),
  identities: new Set(),
  users: 0,
});
const identity = (id: number, ...lists: readonly LiveList[]): Identity => ({ id, lists: new Set(lists), members: new Set() });

describe('an index of identities', () => {
  it('finds one by its lists, in whatever order', () => {
    const [a, b, c] = [list(1), list(2), list(3)];
    const index = new IdentityIndex();
    const one = identity(1, a, b, c);
    index.add(one);
    expect(index.find(new Set([c, a, b]))).toBe(one);
    expect(index.find(new Set([a, b]))).toBeUndefined();
    expect(index.find(new Set())).toBeUndefined();
  });

  it('tells those apart whose lists have the same hash', () => {
    const [a, b, c, d] = [list(1, 5), list(2, 6), list(3, 5), list(4, 6)];
    const index = new IdentityIndex();
    const [one, other] = [identity(1, a, b), identity(2, c, d)];
    index.add(one);
    index.add(other);
    expect([index.find(new Set([a, b])), index.find(new Set([c, d]))]).toEqual([one, other]);
    expect(index.find(new Set([a, d]))).toBeUndefined();
    index.delete(one);
    expect([index.find(new Set([a, b])), index.find(new Set([d, c]))]).toEqual([undefined, other]);
  });

  it('follows one that comes into another list', () => {
    const [a, b] = [list(1), list(2)];
    const index = new IdentityIndex();
    const one = identity(1, a);
    index.add(one);
    index.extend(one, b);
    expect(index.find(new Set([b, a]))).toBe(one);
    expect(index.find(new Set([a]))).toBeUndefined();
    expect(index.size).toBe(1);
  });

  it('says of one that it does not have that it was not there', () => {
    const index = new IdentityIndex();
    const one = identity(1, list(1));
    expect(index.delete(one)).toBeUndefined();
    index.add(one);
    expect([index.delete(one), index.delete(one)]).toEqual([expect.any(Number), undefined]);
    expect(index.size).toBe(0);
  });
});
