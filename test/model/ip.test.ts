/** Addresses and prefixes: what is accepted, how it is written, and that families never mix. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PosternError } from '../../src/model/error.ts';
import {
  addressBytes,
  addressFromBytes,
  formatAddress,
  formatPrefix,
  isIPv4,
  MAPPED,
  maskAddress,
  parseAddress,
  parsePrefix,
  prefixContains,
} from '../../src/model/ip.ts';

const anyIPv4 = fc.bigInt({ min: 0n, max: 0xffffffffn }).map((value) => MAPPED.address | value);
const anyIPv6 = fc
  .oneof(
    fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }),
    fc.array(fc.constantFrom(0n, 0n, 1n, 0xfd00n, 0xffffn), { minLength: 8, maxLength: 8 }).map(joinGroups),
  )
  .filter((value) => !isIPv4(value));
const anyAddress = fc.oneof(anyIPv4, anyIPv6);

function joinGroups(groups: readonly bigint[]): bigint {
  return groups.reduce((value, group) => (value << 16n) | group, 0n);
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof PosternError ? error.code : `not a PosternError: ${String(error)}`;
  }
}

describe('an address', () => {
  it.each([
    ['10.0.0.1', 0xffff_0a00_0001n],
    ['0.0.0.0', 0xffff_0000_0000n],
    ['255.255.255.255', 0xffff_ffff_ffffn],
    ['::', 0n],
    ['::1', 1n],
    ['FD00::A', 0xfd00n * (1n << 112n) + 10n],
    ['1:2:3:4:5:6:7::', joinGroups([1n, 2n, 3n, 4n, 5n, 6n, 7n, 0n])],
    ['::2:3:4:5:6:7:8', joinGroups([0n, 2n, 3n, 4n, 5n, 6n, 7n, 8n])],
    ['::fffe:a00:1', 0xfffe_0a00_0001n],
  ])('%s is read', (text, value) => {
    expect(parseAddress(text)).toBe(value);
  });

  it.each([
    ['', 'nothing'],
    ['1.2.3', 'three numbers'],
    ['1.2.3.4.5', 'five numbers'],
    ['256.1.1.1', 'a number over 255'],
    ['01.2.3.4', 'a leading zero, which some read as octal'],
    ['1.2.3.00', 'a leading zero in the last number'],
    ['0x0a.0.0.1', 'hexadecimal'],
    [' 10.0.0.1', 'a space before'],
    ['10.0.0.1\n', 'a newline after'],
    ['fd00::1\n', 'a newline after IPv6'],
    ['10.0.0.1/32', 'a prefix'],
    ['fd00::1/128', 'an IPv6 prefix'],
    ['1::2::3', 'two runs of zeros'],
    ['1:2:3:4:5:6:7', 'seven groups'],
    ['1:2:3:4:5:6:7:8:9', 'nine groups'],
    ['1::2:3:4:5:6:7:8', 'a run of no zeros'],
    ['12345::', 'five digits'],
    ['::g', 'no hexadecimal digit'],
    [':::', 'only colons'],
    ['::ffff:10.0.0.1', 'IPv4-mapped, dotted'],
    ['::ffff:a00:1', 'IPv4-mapped, in groups'],
    ['0:0:0:0:0:ffff:a00:1', 'IPv4-mapped, in full'],
    ['::10.0.0.1', 'IPv4-compatible'],
    ['fe80::1%eth0', 'a zone'],
    ['localhost', 'a name'],
    ['1'.repeat(100_000), 'far too long'],
  ])('%j is refused: %s', (text) => {
    expect(codeOf(() => parseAddress(text))).toBe('E_ADDRESS');
  });

  it('that is refused is quoted in the error, in short, with a mend', () => {
    const failure = (() => {
      try {
        return parseAddress('9'.repeat(1000));
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toBeInstanceOf(PosternError);
    expect((failure as PosternError).message.length).toBeLessThan(120);
    expect((failure as PosternError).mend).toContain('10.0.0.1');
  });

  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1', 'the leftmost of two equal runs'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1', 'the longest run'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1', 'never a single group'],
    ['2001:DB8::0001', '2001:db8::1', 'lower case, no leading zeros'],
    ['0:0:0:0:0:0:0:0', '::', 'all zeros'],
    ['1:0:0:0:0:0:0:0', '1::', 'a run at the end'],
  ])('%s is written %s: %s', (text, written) => {
    expect(formatAddress(parseAddress(text))).toBe(written);
  });

  it('comes back from its text', () => {
    fc.assert(fc.property(anyAddress, (address) => parseAddress(formatAddress(address)) === address));
  });

  it('comes back from its bytes, at any offset', () => {
    fc.assert(
      fc.property(anyAddress, fc.nat(20), (address, offset) => {
        const bytes = new Uint8Array(offset + 16);
        bytes.set(addressBytes(address), offset);
        expect(addressFromBytes(bytes, offset)).toBe(address);
      }),
    );
  });

  it('stands in network order', () => {
    expect([...addressBytes(parseAddress('10.1.2.3'))]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3]);
  });
});

describe('a prefix', () => {
  it.each([
    ['10.0.0.0/8', '10.0.0.0/8', 104],
    ['192.168.1.1/24', '192.168.1.0/24', 120],
    ['1.2.3.4/0', '0.0.0.0/0', 96],
    ['1.2.3.4/32', '1.2.3.4/32', 128],
    ['::/0', '::/0', 0],
    ['fd00::1/64', 'fd00::/64', 64],
    ['fd00::ffff/127', 'fd00::fffe/127', 127],
    ['::1/128', '::1/128', 128],
  ])('%s is masked to %s', (text, written, length) => {
    const prefix = parsePrefix(text);
    expect(formatPrefix(prefix)).toBe(written);
    expect(prefix.length).toBe(length);
    expect(maskAddress(prefix.address, prefix.length)).toBe(prefix.address);
  });

  it.each([
    ['10.0.0.0', 'no length'],
    ['10.0.0.0/', 'an empty length'],
    ['10.0.0.0/33', 'longer than IPv4'],
    ['fd00::/129', 'longer than IPv6'],
    ['10.0.0.0/-1', 'negative'],
    ['10.0.0.0/08', 'a leading zero'],
    ['10.0.0.0/+8', 'a sign'],
    ['10.0.0.0/8.0', 'a fraction'],
    ['10.0.0.0/8 ', 'a space after'],
    ['10.0.0.0/8\n', 'a newline after'],
    ['10.0.0.0/8/8', 'two lengths'],
    ['10.0.0.0/255.0.0.0', 'a mask'],
    ['010.0.0.0/8', 'a leading zero in the address'],
    ['10.0.0/8', 'three numbers'],
    ['::ffff:0:0/96', 'the mapped block'],
    ['::ffff:10.0.0.0/104', 'IPv4-mapped'],
    ['fe80::1%eth0/64', 'a zone'],
    ['/8', 'no address'],
    ['', 'nothing'],
  ])('%j is refused: %s', (text) => {
    expect(codeOf(() => parsePrefix(text))).toBe('E_PREFIX');
  });

  it('comes back from its text', () => {
    const anyPrefix = fc.oneof(
      fc.record({ address: anyIPv4, length: fc.integer({ min: 96, max: 128 }) }),
      fc.record({ address: anyIPv6, length: fc.integer({ min: 0, max: 128 }) }),
    );
    fc.assert(
      fc.property(anyPrefix, ({ address, length }) => {
        const prefix = { address: maskAddress(address, length), length };
        expect(parsePrefix(formatPrefix(prefix))).toEqual(prefix);
        const host = length >= 96 && isIPv4(address) ? length - 96 : length;
        expect(parsePrefix(`${formatAddress(address)}/${host}`)).toEqual(prefix);
      }),
    );
  });

  it('holds its first and its last address, and no neighbour', () => {
    fc.assert(
      fc.property(anyIPv4, fc.integer({ min: 97, max: 128 }), (address, length) => {
        const prefix = { address: maskAddress(address, length), length };
        const size = 1n << BigInt(128 - length);
        expect(prefixContains(prefix, prefix.address)).toBe(true);
        expect(prefixContains(prefix, prefix.address + size - 1n)).toBe(true);
        expect(prefixContains(prefix, prefix.address + size)).toBe(false);
        expect(prefixContains(prefix, prefix.address - 1n)).toBe(false);
      }),
    );
  });

  it('of one family holds nothing of the other', () => {
    fc.assert(fc.property(anyIPv4, (address) => !prefixContains(parsePrefix('::/0'), address)));
    fc.assert(fc.property(anyIPv6, (address) => !prefixContains(parsePrefix('0.0.0.0/0'), address)));
  });

  it('of everything holds every address of its family', () => {
    fc.assert(fc.property(anyIPv6, (address) => prefixContains(parsePrefix('::/0'), address)));
    fc.assert(fc.property(anyIPv4, (address) => prefixContains(parsePrefix('0.0.0.0/0'), address)));
  });
});

it('No text makes the parsers throw anything but their own error', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789abcdef:./%') }));
  fc.assert(
    fc.property(text, (input) => {
      expect([undefined, 'E_ADDRESS']).toContain(codeOf(() => parseAddress(input)));
      expect([undefined, 'E_PREFIX']).toContain(codeOf(() => parsePrefix(input)));
    }),
    { numRuns: 2000 },
  );
});
