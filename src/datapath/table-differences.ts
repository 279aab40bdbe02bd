/** How one table differs from what it should be, told row by row: a hundred thousand differences at once would cost the memory that they are made of. */

import { readU32 } from './layout.ts';
import type { RowIndex } from './row-index.ts';
import type { Table, TableName } from './rows.ts';

export interface Difference {
  readonly table: TableName;
  readonly key: Uint8Array;
  readonly expected: Uint8Array | undefined;
  readonly found: Uint8Array | undefined;
}

export class TableDifferences {
  readonly #table: Table;
  readonly #expected: RowIndex;
  readonly #found: RowIndex;

  /** `expected`: every row that should be there, having met all that is; `found`: the rows that are there and differ. */
  constructor(table: Table, expected: RowIndex, found: RowIndex) {
    this.#table = table;
    this.#expected = expected;
    this.#found = found;
  }

  /** Rows to be put, of prefixes the longest first; `undefined` counts for nothing. */
  puts(): Iterable<Difference | undefined> {
    return this.#table.name === 'prefixes' ? byLength(this.#puts()).toReversed() : this.#puts();
  }

  /** Rows to be taken away, of prefixes the shortest first. */
  removals(): Iterable<Difference | undefined> {
    return this.#table.name === 'prefixes' ? byLength(this.#removals()) : this.#removals();
  }

  *#puts(): Generator<Difference | undefined> {
    for (const difference of this.#changes()) yield difference.expected === undefined ? undefined : difference;
    for (const key of this.#expected.unmet())
      yield { table: this.#table.name, key, expected: this.#expected.expected(key), found: undefined };
  }

  *#removals(): Generator<Difference | undefined> {
    for (const difference of this.#changes()) yield difference.expected === undefined ? difference : undefined;
  }

  *#changes(): Generator<Difference> {
    for (const key of this.#found.unmet())
      yield { table: this.#table.name, key, expected: this.#expected.expected(key), found: this.#found.expected(key) };
  }
}

/** Some at a time, from first to last; there may be pieces with none. */
export function* inPieces(differences: readonly Iterable<Difference | undefined>[], size: number): Generator<readonly Difference[]> {
  let piece: Difference[] = [];
  let seen = 0;
  for (const each of differences) {
    for (const difference of each) {
      if (difference !== undefined) piece.push(difference);
      seen += 1;
      if (seen < size) continue;
      yield piece;
      piece = [];
      seen = 0;
    }
  }
  if (piece.length > 0) yield piece;
}

/** Shortest first. */
function byLength(differences: Iterable<Difference | undefined>): Difference[] {
  const lengths: Difference[][] = [];
  for (const difference of differences) if (difference !== undefined) (lengths[readU32(difference.key)] ??= []).push(difference);
  return lengths.flat();
}
