/** A report as its page holds it: rows and columns that are equal stand there once, since the policies treat most workloads of a cluster alike. */

import type { MatrixReport } from '../matrix/matrix-report.ts';

export interface PackedReport extends Omit<MatrixReport, 'allowed'> {
  /** By the row, then the column: as `MatrixReport.allowed`. */
  readonly cells: readonly (readonly number[])[];
  /** By the class of the source. */
  readonly rowOf: readonly number[];
  /** By the class of the destination. */
  readonly columnOf: readonly number[];
}

export function packReport({ allowed, ...rest }: MatrixReport): PackedReport {
  const [rows, rowOf] = uniqueLines(allowed);
  const [columns, columnOf] = uniqueLines(transpose(rows, allowed.length));
  return { ...rest, cells: transpose(columns, rows.length), rowOf, columnOf };
}

export function unpackReport({ cells, rowOf, columnOf, ...rest }: PackedReport): MatrixReport {
  const rows = cells.map((row) => columnOf.map((column) => row[column] ?? -1));
  return { ...rest, allowed: rowOf.map((row) => rows[row] ?? []) };
}

/** Each line once, and which of them stands at each place. */
function uniqueLines(lines: readonly (readonly number[])[]): [lines: readonly (readonly number[])[], placeOf: readonly number[]] {
  const unique: (readonly number[])[] = [];
  const byText = new Map<string, number>();
  // Lines of alike parties are often one object.
  const byObject = new Map<readonly number[], number>();
  const placeOf = lines.map((line) => {
    let place = byObject.get(line);
    if (place === undefined) {
      const text = line.join();
      place = byText.get(text) ?? unique.push(line) - 1;
      byText.set(text, place);
      byObject.set(line, place);
    }
    return place;
  });
  return [unique, placeOf];
}

/** `width`: of the lines, which may be none. */
function transpose(lines: readonly (readonly number[])[], width: number): number[][] {
  return Array.from({ length: width }, (_, at) => lines.map((line) => line[at] ?? -1));
}
