/** The matrix as people read it. */

import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { describeDifferences, renderMatrix } from '../../src/lab/probing/matrix-text.ts';
import type { Matrix, MatrixTarget, Reading } from '../../src/lab/probing/observe-matrix.ts';
import type { ProbeOutcome } from '../../src/lab/types.ts';

const WEB: MatrixTarget = { to: 'shop/web', protocol: 'TCP', port: 80 };
const DNS: MatrixTarget = { to: 'kube-system/dns', protocol: 'UDP', port: 53 };

/** What was expected and observed over IPv4 and IPv6. */
function readings(from: string, target: MatrixTarget, expected: readonly boolean[], observed: readonly ProbeOutcome[]): readonly Reading[] {
  return ([4, 6] as const).map((family, index) => {
    const outcome = observed[index] ?? 'timeout';
    const wish = expected[index] ?? false;
    return {
      probe: { from, ...target, family },
      expected: wish,
      result: { outcome, durationMs: 1 },
      different: (outcome === 'open') !== wish,
    };
  });
}

function matrixOf(cells: readonly (readonly Reading[])[]): Matrix {
  return { sources: ['shop/web', 'shop/db'], targets: [WEB, DNS], readings: cells.flat(), secondLooks: 0 };
}

function linesOf(matrix: Matrix, width = 100): readonly string[] {
  return stripVTControlCharacters(renderMatrix(matrix, width)).split('\n');
}

test('a cell shows what was expected, then what was observed, over both IP versions', () => {
  const matrix = matrixOf([
    readings('shop/web', WEB, [true, true], ['open', 'open']),
    readings('shop/web', DNS, [true, false], ['open', 'timeout']),
    readings('shop/db', WEB, [false, false], ['timeout', 'open']),
    readings('shop/db', DNS, [true, true], ['refused', 'refused']),
  ]);
  expect(linesOf(matrix)).toEqual([
    '          shop  kube-system',
    '          web   dns',
    ' from     80    53/udp',
    ' shop/web ✔✔    44',
    ' shop/db  ·6    ✔o',
  ]);
});

test('columns that do not fit beside each other stand below each other', () => {
  const lines = linesOf(matrixOf([readings('shop/web', WEB, [true], ['open']), readings('shop/web', DNS, [true], ['open'])]), 24);
  expect(lines.filter((line) => line.startsWith(' from'))).toEqual([' from     80', ' from     53/udp']);
});

test('differences are told in words', () => {
  const matrix = matrixOf([readings('shop/db', WEB, [false, true], ['open', 'open'])]);
  expect(describeDifferences(matrix)).toEqual(['shop/db → shop/web 80/TCP IPv4: expected denied, observed open']);
});
