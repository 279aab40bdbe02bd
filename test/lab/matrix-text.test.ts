/** The matrix as people read it. */

import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import type { Answers, Matrix, MatrixTarget, PodTarget, Reading, ServiceColumn, ServiceExpectation } from '../../src/lab/probing/matrix.ts';
import { matrixLegend, renderMatrix } from '../../src/lab/probing/matrix-text.ts';
import { describeDifferences, describeShares } from '../../src/lab/probing/matrix-words.ts';
import type { ProbeOutcome } from '../../src/lab/types.ts';

const WEB: PodTarget = { to: 'shop/web', protocol: 'TCP', port: 80 };
const DNS: PodTarget = { to: 'kube-system/dns', protocol: 'UDP', port: 53 };

/** What was expected and observed over IPv4 and IPv6. */
function readings(from: string, target: PodTarget, expected: readonly boolean[], observed: readonly ProbeOutcome[]): readonly Reading[] {
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

function matrixOf(cells: readonly (readonly Reading[])[], targets: readonly MatrixTarget[] = [WEB, DNS]): Matrix {
  return { sources: ['shop/web', 'shop/db'], targets, readings: cells.flat(), secondLooks: 0 };
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

const API: ServiceColumn = { to: { service: 'shop/api', port: 8080, via: 'clusterIP' }, protocol: 'TCP', port: 8080 };
const API_NODE: ServiceColumn = { to: { service: 'shop/api', port: 8080, via: 'nodePort' }, protocol: 'TCP', port: 30_080 };

function expectation(verdict: ServiceExpectation['verdict'], allowed: readonly boolean[]): ServiceExpectation {
  const backends = allowed.map((each, index) => ({
    name: `shop/api-${index + 1}`,
    address: `10.244.1.${index + 2}`,
    port: 80,
    present: true,
    allowed: each,
  }));
  return { verdict, backends, sticky: false };
}

function serviceReading(
  from: string,
  target: ServiceColumn,
  expected: ServiceExpectation,
  answers: Partial<Answers>,
  different = false,
): readonly Reading[] {
  const { to, protocol } = target;
  const all = { tries: 14, by: {}, silent: 0, refused: 0, odd: [], ...answers };
  return ([4, 6] as const).map((family) => ({ probe: { from, to, protocol, family }, expected, answers: all, different }));
}

test('Services stand below the pods, by cluster address and node port, with a sign for some backends', () => {
  const matrix = matrixOf(
    [
      readings('shop/web', WEB, [true, true], ['open', 'open']),
      readings('shop/db', WEB, [true, true], ['open', 'open']),
      serviceReading('shop/web', API, expectation('some', [true, false]), { by: { 'shop/api-1': 8 }, silent: 6 }),
      serviceReading('shop/web', API_NODE, expectation('allow', [true, true]), { by: { 'shop/api-1': 8, 'shop/api-2': 6 } }),
      serviceReading('shop/db', API, expectation('deny', [false, false]), { silent: 14 }),
      serviceReading('shop/db', API_NODE, expectation('refuse', []), { refused: 14 }),
    ],
    [WEB, API, API_NODE],
  );
  expect(linesOf(matrix)).toEqual([
    ' by pod     shop',
    '            web',
    ' from       80',
    ' shop/web   ✔✔',
    ' shop/db    ✔✔',
    '',
    ' by Service shop',
    '            api',
    ' from       8080  node:30080',
    ' shop/web   ◐◐    ✔✔',
    ' shop/db    ··    oo',
  ]);
  expect(stripVTControlCharacters(matrixLegend(matrix))).toContain('◐ some backends');
  expect(describeShares(matrix)).toEqual([
    'shop/web → Service shop/api 8080/TCP: 1 of 2 backends allowed; of 28 tries shop/api-1 answered 16 times, shop/api-2 never (12 silent)',
  ]);
  expect(describeDifferences(matrix)).toEqual([]);
});

test('what is not as expected of a Service is told with its backends', () => {
  const wrong = serviceReading('shop/web', API_NODE, expectation('some', [true, false]), { by: { 'shop/api-2': 14 } }, true);
  expect(describeDifferences(matrixOf([wrong], [API_NODE]))[0]).toBe(
    'shop/web → Service shop/api 8080/TCP by node port IPv4: expected answers by shop/api-1, and silence for shop/api-2, observed of 14: 14 by shop/api-2',
  );
});
