/** The one sign that a cell of a matrix shows for what was expected, or observed, over one IP version or several. */

import { isServiceReading, type Reading, type ServiceExpectation } from './matrix.ts';

/** `some`: of a Service's backends. `refused`: packets came through, but nobody listens. */
export type Fare = 'reached' | 'silence' | 'some' | 'refused' | 'other';

const SIGNS: Readonly<Record<Fare, string>> = { reached: '✔', silence: '·', some: '◐', refused: 'o', other: '?' };

const EXPECTED: Readonly<Record<ServiceExpectation['verdict'], Fare>> = {
  allow: 'reached',
  deny: 'silence',
  some: 'some',
  refuse: 'refused',
};

export function expectedSign(readings: readonly Reading[]): string {
  return signOf(readings, expectedFare);
}

export function observedSign(readings: readonly Reading[]): string {
  return signOf(readings, observedFare);
}

function expectedFare(reading: Reading): Fare {
  if (isServiceReading(reading)) return reading.expected === undefined ? 'other' : EXPECTED[reading.expected.verdict];
  return reading.expected === true ? 'reached' : 'silence';
}

function observedFare(reading: Reading): Fare {
  if (isServiceReading(reading)) {
    const { by, silent, refused, odd } = reading.answers;
    if (odd.length > 0) return 'other';
    const answered = Object.keys(by).length > 0;
    if (answered) return silent > 0 ? 'some' : 'reached';
    if (refused > 0) return 'refused';
    return 'silence';
  }
  switch (reading.result.outcome) {
    case 'open':
      return 'reached';
    case 'timeout':
      return 'silence';
    case 'refused':
      return 'refused';
    default:
      return 'other';
  }
}

/** Where the IP versions differ, the one over which packets came through is named. */
function signOf(readings: readonly Reading[], fareOf: (reading: Reading) => Fare): string {
  const fares = new Set(readings.map(fareOf));
  const [first = 'other'] = fares;
  if (fares.size === 1) return SIGNS[first];
  if (fares.has('other')) return SIGNS.other;
  if (fares.has('some')) return SIGNS.some;
  const through = readings.filter((reading) => fareOf(reading) !== 'silence');
  return through.length === readings.length ? SIGNS.reached : String(through[0]?.probe.family);
}
