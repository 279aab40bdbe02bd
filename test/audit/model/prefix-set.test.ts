/** Networks that blocks take in: the search says what asking each would. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrefixSet, takesIn, type Block } from '../../../src/audit/model/prefix-set.ts';
import { maskAddress, parseAddress, prefixContains, type Prefix } from '../../../src/model/ip.ts';

/** Of 192.0.2.0/26, so that they meet. */
const prefix = fc
  .record({ offset: fc.integer({ min: 0, max: 63 }), length: fc.integer({ min: 122, max: 128 }) })
  .map(({ offset, length }): Prefix => ({ address: maskAddress(parseAddress('192.0.2.0') + BigInt(offset), length), length }));
const block = fc
  .record({ cidr: prefix, except: fc.array(prefix, { maxLength: 4 }) })
  .map(({ cidr, except }): Block => ({ kind: 'block', cidr, except }));
const ADDRESSES = Array.from({ length: 64 }, (_, offset) => parseAddress('192.0.2.0') + BigInt(offset));

describe('a block takes in a network', () => {
  it('where some address is in the network and the block and in none of its exceptions', () => {
    fc.assert(
      fc.property(block, prefix, (one, network) => {
        const shared = ADDRESSES.some(
          (address) =>
            prefixContains(network, address) &&
            prefixContains(one.cidr, address) &&
            !one.except.some((hole) => prefixContains(hole, address)),
        );
        expect(takesIn(one, network)).toBe(shared);
      }),
      { numRuns: 2000 },
    );
  });

  it('which a set of them finds where there is one', () => {
    fc.assert(
      fc.property(block, fc.array(prefix, { maxLength: 6 }), (one, networks) => {
        const found = new PrefixSet(networks).findIn(one);
        expect(found !== undefined).toBe(networks.some((network) => takesIn(one, network)));
        if (found !== undefined) expect(takesIn(one, found)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
