/** What the page holds is the report that was packed. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packReport, unpackReport } from '../../../src/audit/page/packed-report.ts';
import { makeShop } from '../matrix/shop-matrix.ts';

describe('a packed report', () => {
  it('unpacks to what it was', () => {
    for (const report of [makeShop(), { ...makeShop(), allowed: [] }]) expect(unpackReport(packReport(report))).toEqual(report);
  });

  it('holds equal rows and columns once', () => {
    const report = {
      ...makeShop(),
      allowed: [
        [0, 0, 1],
        [0, 0, 1],
        [2, 2, -1],
      ],
    };
    expect(packReport(report)).toMatchObject({
      cells: [
        [0, 1],
        [2, -1],
      ],
      rowOf: [0, 0, 1],
      columnOf: [0, 0, 1],
    });
  });

  it('of any cells is what it was', () => {
    const square = fc.integer({ min: 0, max: 6 }).chain((size) => {
      const row = fc.array(fc.integer({ min: -1, max: 1 }), { minLength: size, maxLength: size });
      return fc.array(row, { minLength: size, maxLength: size });
    });
    const report = makeShop();
    fc.assert(
      fc.property(square, (allowed) => {
        expect(unpackReport(packReport({ ...report, allowed })).allowed).toEqual(allowed);
      }),
    );
  });
});
