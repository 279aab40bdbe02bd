/** `postern lab probe`: the matrix of who reaches whom, expected and observed. */

import pc from 'picocolors';
import { expectationOf } from '../lab/probing/expectation.ts';
import { Lab } from '../lab/lab.ts';
import { describeDifferences, matrixLegend, renderMatrix } from '../lab/probing/matrix-text.ts';
import { observeMatrix, type Matrix } from '../lab/probing/observe-matrix.ts';
import type { Family } from '../lab/types.ts';

export interface ProbeOptions {
  readonly name: string;
  readonly ports?: string;
  readonly family?: '4' | '6';
  readonly json?: boolean;
}

/** Exits with 1 where something observed differs from what the policies say. */
export async function runLabProbe(options: ProbeOptions): Promise<void> {
  const lab = await Lab.open(options.name);
  const matrix = await observeMatrix(lab, {
    expect: expectationOf(lab),
    ...(options.ports === undefined ? {} : { ports: options.ports.split(',').map((port) => port.trim()) }),
    ...(options.family === undefined ? {} : { families: [Number(options.family) as Family] }),
  });
  if (matrix.readings.some((reading) => reading.different)) process.exitCode = 1;
  const json = (): string =>
    JSON.stringify(
      matrix.readings.map(({ probe, result, ...rest }) => ({ ...probe, ...result, ...rest })),
      undefined,
      2,
    );
  if (options.json === true) console.log(json());
  else printMatrix(lab, matrix);
}

function printMatrix(lab: Lab, matrix: Matrix): void {
  const differences = describeDifferences(matrix);
  console.log(renderMatrix(matrix, process.stdout.columns ?? 100));
  console.log(`\n${matrixLegend(matrix)}`);
  for (const difference of differences) console.log(pc.red(difference));
  const verdict = differences.length === 0 ? pc.green('all as the policies say') : pc.red(`${differences.length} not as the policies say`);
  const again = matrix.secondLooks === 0 ? '' : pc.dim(` (${matrix.secondLooks} looked at twice)`);
  console.log(`${matrix.readings.length} probes: ${verdict}${again}`);
  if (!lab.enforce) console.log(pc.dim('No agents run in this lab: policies do nothing in it.'));
}
