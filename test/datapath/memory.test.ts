/** The in-memory twin keeps the datapath's contract. */

import { describe, expect, it } from 'vitest';
import { MemoryDatapath } from '../../src/datapath/memory.ts';
import { parseAddress } from '../../src/model/ip.ts';
import { describeDatapath } from './contract.ts';
import { IFINDEX } from './contract/stage.ts';

describeDatapath('the datapath in memory', {}, () => {
  const datapath = new MemoryDatapath();
  return Promise.resolve({ datapath, ask: (direction, peer, protocol, port) => datapath.judge(IFINDEX, direction, peer, protocol, port) });
});

describe('the datapath in memory', () => {
  it('remembers what it was attached to, and what was swept', () => {
    const datapath = new MemoryDatapath(41);
    datapath.attach(7);
    datapath.attach(9);
    datapath.detach(7);
    datapath.detach(8);
    expect([...datapath.attached()]).toEqual([9]);
    datapath.apply([{ op: 'sweep-flows', addresses: [parseAddress('10.0.0.1')] }]);
    expect(datapath.swept).toEqual([[parseAddress('10.0.0.1')]]);
    expect(datapath.generation).toBe(41);
  });
});
