/** A matrix of who reaches whom as text: a row for each source, a column for each port, split where the terminal is too narrow. */

import pc from 'picocolors';
import { groupBy } from './group-by.ts';
import { isServiceTarget, type Matrix, type MatrixTarget, type Reading } from './matrix.ts';
import { expectedSign, observedSign } from './matrix-signs.ts';

const GAP = 2;

interface Column {
  readonly target: MatrixTarget;
  /** Namespace (only over the first column of each), pod or Service, port. */
  readonly heads: readonly [string, string, string];
  readonly width: number;
}

/** `width`: columns of the terminal. Services stand below the pods. */
export function renderMatrix(matrix: Matrix, width: number): string {
  const services = matrix.targets.filter(isServiceTarget);
  const pods = matrix.targets.filter((target) => !isServiceTarget(target));
  const corner = (text: string): string => (services.length > 0 ? text : '');
  const corners = [corner('by pod'), corner('by Service')] as const;
  const label = Math.max(4, ...[...matrix.sources, ...corners].map((text) => text.length)) + 1;
  const cells = groupBy(matrix.readings, ({ probe }) => cellKey(probe.from, probe));
  const blocks = [pods, services].flatMap((targets, kind) =>
    splitColumns(targets.map(columnOf), width - label - GAP).map((columns) => {
      const rows = matrix.sources.map((source) => {
        const row = columns.map(({ target, width: size }) =>
          pad(...cellText(cells.get(cellKey(source, target)) ?? [], source === target.to), size),
        );
        return ` ${source.padEnd(label)}${row.join('')}`;
      });
      return [...headLines(columns, label, corners[kind] ?? ''), ...rows].map((line) => line.trimEnd()).join('\n');
    }),
  );
  return blocks.join('\n\n');
}

/** One line that explains the signs, for a matrix with or without expectations. */
export function matrixLegend(matrix: Matrix): string {
  const expected = matrix.readings.some((reading) => reading.expected !== undefined);
  const some = matrix.targets.some(isServiceTarget) ? `${pc.green('◐')} some backends  ` : '';
  const signs = `${pc.green('✔')} reached  ${some}${pc.dim('·')} silence  4/6 one IP version  ${pc.yellow('o')} refused  ${pc.yellow('?')} other`;
  return expected ? `by policy, then observed:  ${signs}` : signs;
}

/** The text and how many characters of it are seen. */
function cellText(readings: readonly Reading[], self: boolean): [text: string, seen: number] {
  if (readings.length === 0) return ['', 0];
  const observed = observedSign(readings);
  if (readings[0]?.expected === undefined) return [paint(observed, self), 1];
  const expected = expectedSign(readings);
  if (readings.some((reading) => reading.different)) return [pc.bgRed(pc.white(`${expected}${observed}`)), 2];
  return [paint(expected, self) + paint(observed, self), 2];
}

function paint(sign: string, self: boolean): string {
  if (sign === '·' || self) return pc.dim(sign);
  return sign === 'o' || sign === '?' ? pc.yellow(sign) : pc.green(sign);
}

function columnOf(target: MatrixTarget, index: number, targets: readonly MatrixTarget[]): Column {
  const [namespace = '', name = ''] = keyOf(target).split('/');
  const before = targets[index - 1];
  const beforeKey = before === undefined ? '' : keyOf(before);
  const number = target.protocol === 'TCP' ? String(target.port) : `${target.port}/${target.protocol.toLowerCase()}`;
  const port = isServiceTarget(target) && target.to.via === 'nodePort' ? `node:${number}` : number;
  const heads: Column['heads'] = [beforeKey.startsWith(`${namespace}/`) ? '' : namespace, beforeKey === keyOf(target) ? '' : name, port];
  return { target, heads, width: Math.max(2, ...heads.map((head) => head.length)) + GAP };
}

function headLines(columns: readonly Column[], label: number, corner: string): string[] {
  return [0, 1, 2].map((line) => {
    const first = [corner, '', 'from'][line] ?? '';
    const heads = columns
      .map(({ heads: texts, width }) => (texts[line] ?? '').padEnd(width))
      .join('')
      .trimEnd();
    // Blanks at the end of a line would hide in its colours.
    return ` ${pc.dim(heads === '' ? first : first.padEnd(label))}${line === 1 ? pc.bold(heads) : pc.dim(heads)}`;
  });
}

/** No block where there is no column. */
function splitColumns(columns: readonly Column[], width: number): readonly (readonly Column[])[] {
  const blocks: Column[][] = [];
  let used = 0;
  for (const column of columns) {
    const block = blocks.at(-1);
    if (block === undefined || (used > 0 && used + column.width > width)) {
      blocks.push([column]);
      used = column.width;
    } else {
      block.push(column);
      used += column.width;
    }
  }
  return blocks;
}

/** `namespace/name` of a pod or Service. */
function keyOf(target: MatrixTarget): string {
  return isServiceTarget(target) ? target.to.service : target.to;
}

/** Of a target as of a probe. */
function cellKey(
  from: string,
  { to, protocol, port }: { readonly to: Reading['probe']['to']; readonly protocol: string; readonly port?: number },
): string {
  return typeof to === 'object' ? `${from} ${to.service} ${to.via} ${to.port} ${protocol}` : `${from} ${to} ${port} ${protocol}`;
}

function pad(text: string, seen: number, width: number): string {
  return text + ' '.repeat(Math.max(0, width - seen));
}
