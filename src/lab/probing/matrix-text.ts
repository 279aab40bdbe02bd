/** A matrix of who reaches whom as text: a row for each source, a column for each port, split where the terminal is too narrow. */

import pc from 'picocolors';
import { groupBy } from './group-by.ts';
import { isReached, type Matrix, type MatrixTarget, type Reading } from './observe-matrix.ts';

const GAP = 2;

interface Column {
  readonly target: MatrixTarget;
  /** Namespace (only over the first column of each), pod, port. */
  readonly heads: readonly [string, string, string];
  readonly width: number;
}

/** `width`: columns of the terminal. */
export function renderMatrix(matrix: Matrix, width: number): string {
  const label = Math.max(4, ...matrix.sources.map((source) => source.length)) + 1;
  const cells = groupBy(matrix.readings, ({ probe }) => cellKey(probe.from, probe));
  const blocks = splitColumns(matrix.targets.map(columnOf), width - label - GAP).map((columns) => {
    const rows = matrix.sources.map((source) => {
      const row = columns.map(({ target, width: size }) =>
        pad(...cellText(cells.get(cellKey(source, target)) ?? [], source === target.to), size),
      );
      return ` ${source.padEnd(label)}${row.join('')}`;
    });
    return [...headLines(columns, label), ...rows].map((line) => line.trimEnd()).join('\n');
  });
  return blocks.join('\n\n');
}

/** One line that explains the signs, for a matrix with or without expectations. */
export function matrixLegend(matrix: Matrix): string {
  const expected = matrix.readings.some((reading) => reading.expected !== undefined);
  const signs = `${pc.green('✔')} reached  ${pc.dim('·')} silence  4/6 one IP version  ${pc.yellow('o')} refused  ${pc.yellow('?')} other`;
  return expected ? `by policy, then observed:  ${signs}` : signs;
}

/** One line for each difference. */
export function describeDifferences(matrix: Matrix): readonly string[] {
  return matrix.readings
    .filter((reading) => reading.different)
    .map(({ probe, expected, result }) => {
      const by = result.answeredBy === undefined ? '' : ` (answered by ${result.answeredBy})`;
      const wish = expected === true ? 'allowed' : 'denied';
      return `${probe.from} → ${probe.to} ${probe.port}/${probe.protocol} IPv${probe.family}: expected ${wish}, observed ${result.outcome}${by}`;
    });
}

/** The text and how many characters of it are seen. */
function cellText(readings: readonly Reading[], self: boolean): [text: string, seen: number] {
  const observed = observedSign(readings);
  if (readings[0]?.expected === undefined) return [paint(observed, self), 1];
  const expected = familySign(readings, (reading) => reading.expected === true);
  if (readings.some((reading) => reading.different)) return [pc.bgRed(pc.white(`${expected}${observed}`)), 2];
  return [paint(expected, self) + paint(observed, self), 2];
}

function observedSign(readings: readonly Reading[]): string {
  const outcomes = readings.map((reading) => reading.result.outcome);
  if (outcomes.every((outcome) => outcome === 'refused')) return 'o';
  const known = ['open', 'refused', 'timeout'];
  if (outcomes.every((outcome) => known.includes(outcome))) return familySign(readings, ({ result }) => isReached(result));
  return '?';
}

function familySign(readings: readonly Reading[], holds: (reading: Reading) => boolean): string {
  const yes = readings.filter(holds);
  if (yes.length === 0) return '·';
  return yes.length === readings.length ? '✔' : String(yes[0]?.probe.family);
}

function paint(sign: string, self: boolean): string {
  if (sign === '·' || self) return pc.dim(sign);
  return sign === 'o' || sign === '?' ? pc.yellow(sign) : pc.green(sign);
}

function columnOf(target: MatrixTarget, index: number, targets: readonly MatrixTarget[]): Column {
  const [namespace = '', name = ''] = target.to.split('/');
  const before = targets[index - 1]?.to;
  const port = target.protocol === 'TCP' ? String(target.port) : `${target.port}/${target.protocol.toLowerCase()}`;
  const heads: Column['heads'] = [before?.startsWith(`${namespace}/`) === true ? '' : namespace, before === target.to ? '' : name, port];
  return { target, heads, width: Math.max(2, ...heads.map((head) => head.length)) + GAP };
}

function headLines(columns: readonly Column[], label: number): string[] {
  return [0, 1, 2].map((line) => {
    const first = line === 2 ? 'from' : '';
    const heads = columns.map(({ heads, width }) => (heads[line] ?? '').padEnd(width)).join('');
    return ` ${pc.dim(first.padEnd(label))}${line === 1 ? pc.bold(heads) : pc.dim(heads)}`;
  });
}

function splitColumns(columns: readonly Column[], width: number): readonly (readonly Column[])[] {
  const blocks: Column[][] = [[]];
  let used = 0;
  for (const column of columns) {
    if (used > 0 && used + column.width > width) {
      blocks.push([]);
      used = 0;
    }
    blocks.at(-1)?.push(column);
    used += column.width;
  }
  return blocks;
}

function cellKey(from: string, target: MatrixTarget): string {
  return `${from} ${target.to} ${target.protocol} ${target.port}`;
}

function pad(text: string, seen: number, width: number): string {
  return text + ' '.repeat(Math.max(0, width - seen));
}
