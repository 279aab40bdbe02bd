/** `postern lab probe`: the matrix of who reaches whom, expected and observed. */

import pc from 'picocolors';
import { expectationOf } from '../lab/probing/expectation.ts';
import { Lab } from '../lab/lab.ts';
import { isServiceReading, type Matrix, type ProbedBy, type Reading } from '../lab/probing/matrix.ts';
import { matrixLegend, renderMatrix } from '../lab/probing/matrix-text.ts';
import { describeDifferences, describeShares } from '../lab/probing/matrix-words.ts';
import { observeMatrix } from '../lab/probing/observe-matrix.ts';
import type { Family } from '../lab/types.ts';

export interface ProbeOptions {
  readonly name: string;
  readonly by: ProbedBy;
  readonly ports?: string;
  readonly family?: '4' | '6';
  readonly json?: boolean;
}

/** Exits with 1 where something observed differs from what the policies say. */
export async function runLabProbe(options: ProbeOptions): Promise<void> {
  const lab = await Lab.open(options.name);
  const matrix = await observeMatrix(lab, {
    by: options.by,
    expect: expectationOf(lab),
    ...(options.ports === undefined ? {} : { ports: options.ports.split(',').map((port) => port.trim()) }),
    ...(options.family === undefined ? {} : { families: [Number(options.family) as Family] }),
  });
  if (matrix.readings.some((reading) => reading.different)) process.exitCode = 1;
  if (options.json === true) console.log(JSON.stringify(matrix.readings.map(flatten), undefined, 2));
  else printMatrix(lab, matrix);
}

function flatten(reading: Reading): object {
  if (!isServiceReading(reading)) return { ...reading.probe, ...reading.result, expected: reading.expected, different: reading.different };
  const { probe, expected, answers, different } = reading;
  return { ...probe, expected: expected?.verdict, backends: expected?.backends, ...answers, different };
}

function printMatrix(lab: Lab, matrix: Matrix): void {
  const differences = describeDifferences(matrix);
  console.log(renderMatrix(matrix, process.stdout.columns ?? 100));
  console.log(`\n${matrixLegend(matrix)}`);
  for (const share of describeShares(matrix)) console.log(`${pc.green('◐')} ${share}`);
  for (const difference of differences) console.log(pc.red(difference));
  const verdict = differences.length === 0 ? pc.green('all as the policies say') : pc.red(`${differences.length} not as the policies say`);
  const again = matrix.secondLooks === 0 ? '' : pc.dim(` (${matrix.secondLooks} looked at twice)`);
  console.log(`${probesIn(matrix)} probes: ${verdict}${again}`);
  if (!lab.enforce) console.log(pc.dim('No agents run in this lab: policies do nothing in it.'));
}

/** A Service with several backends is asked several times. */
function probesIn(matrix: Matrix): number {
  return matrix.readings.reduce((total, reading) => total + (isServiceReading(reading) ? reading.answers.tries : 1), 0);
}
