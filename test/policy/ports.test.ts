/** Port sets: what the rows cover is exactly the ranges, by as few rows as prefixes allow. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_NUMBER } from '../../src/model/verdict.ts';
import { containsPorts, hasPort, portRows, portsKey, portsOf, unionPorts, type Ports } from '../../src/policy/ports.ts';

const range = fc.tuple(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 0, max: 3000 })).map(([first, length]) => ({
  protocol: 'TCP' as const,
  first,
  last: Math.min(65535, first + length),
}));
const ports = fc.array(range, { maxLength: 5 }).map(portsOf);

/** As the kernel looks it up. */
function isCovered(set: Ports, port: number): boolean {
  return portRows(set).some(
    ({ protocol, port: prefix, length }) => protocol === PROTOCOL_NUMBER.TCP && port >> (16 - length) === prefix >> (16 - length),
  );
}

describe('ports', () => {
  it.each([
    [{ first: 80, last: 80 }, ['80/16']],
    [{ first: 0, last: 65535 }, ['0/0']],
    [{ first: 1, last: 65535 }, 16],
    [{ first: 32768, last: 65535 }, ['32768/1']],
    [{ first: 8080, last: 8083 }, ['8080/14']],
    [{ first: 65535, last: 65535 }, ['65535/16']],
    [{ first: 1000, last: 1001 }, ['1000/15']],
  ])('%j becomes the rows %j', ({ first, last }, rows) => {
    const found = portRows(portsOf([{ protocol: 'TCP', first, last }])).map(({ port, length }) => `${port}/${length}`);
    if (typeof rows === 'number') expect(found).toHaveLength(rows);
    else expect(found).toEqual(rows);
  });

  it('rows cover a port exactly where a range does', () => {
    fc.assert(
      fc.property(ports, fc.array(fc.integer({ min: 0, max: 65535 }), { minLength: 20 }), (set, probes) => {
        const edges =
          set === 'all'
            ? []
            : set.TCP.flatMap(({ first, last }) => [first - 1, first, last, last + 1]).filter((port) => port >= 0 && port <= 65535);
        for (const port of [...probes, ...edges]) expect(isCovered(set, port)).toBe(hasPort(set, PROTOCOL_NUMBER.TCP, port));
      }),
    );
  });

  it('a union has what either has, and contains both', () => {
    fc.assert(
      fc.property(ports, ports, fc.integer({ min: 0, max: 65535 }), (a, b, port) => {
        const both = unionPorts([a, b]);
        expect(hasPort(both, 6, port)).toBe(hasPort(a, 6, port) || hasPort(b, 6, port));
        expect(containsPorts(both, a) && containsPorts(both, b)).toBe(true);
        expect(containsPorts(a, both)).toBe(portsKey(a) === portsKey(both));
      }),
    );
  });

  it('every port of TCP is not every protocol', () => {
    const tcp = portsOf([{ protocol: 'TCP', first: 0, last: 65535 }]);
    expect(containsPorts('all', tcp)).toBe(true);
    expect(containsPorts(tcp, 'all')).toBe(false);
    expect(hasPort(tcp, PROTOCOL_NUMBER.UDP, 53)).toBe(false);
    expect(hasPort('all', 1, 0)).toBe(true);
  });
});
