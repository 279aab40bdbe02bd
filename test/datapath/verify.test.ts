/** Drift of the in-memory twin: found, told, mended. */

import { describe, expect, it } from 'vitest';
import { MemoryDatapath } from '../../src/datapath/memory.ts';
import { DesiredList } from './support/desired-list.ts';
import { describeVerify } from './verify-contract.ts';

describeVerify('a comparison with the datapath in memory', {}, () => Promise.resolve(new MemoryDatapath(7)));

describe('interfaces', () => {
  it('without programs get them, and those that are nobody’s lose them; an earlier agent’s stay', async () => {
    const datapath = new MemoryDatapath(7);
    for (const ifindex of [2, 3, 4]) datapath.attach(ifindex);
    const desired = new DesiredList([], 7);
    for (const [ifindex, role] of [
      [1, 'guarded'],
      [2, 'guarded'],
      [3, 'left'],
    ] as const)
      desired.roles.set(ifindex, role);
    const { drifts } = await datapath.verify(desired, true);
    expect(drifts.map(({ what, kind, where, repaired }) => [what, kind, where, repaired])).toEqual([
      ['hooks', 'missing', 'interface 1', true],
      ['pins', 'foreign', 'interface 4', true],
    ]);
    expect([...datapath.attached()].toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
    expect(desired.reopened).toEqual([1]);
  });
});
