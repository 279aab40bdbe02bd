/** What a row of the semantics is, and how it is known which tests prove it. */

export interface Row {
  readonly case: string;
  readonly verdict: string;
  /** Names of conformance cases. */
  readonly cases?: readonly string[];
  /** Numbers of cases of the upstream suite. */
  readonly upstream?: readonly number[];
  readonly tests?: readonly RowTest[];
  /** What is yet missing. */
  readonly note?: string;
}

export interface RowTest {
  /** Under `test/`. */
  readonly file: string;
  /** Titles, or parts of them; absent: the whole file is about the row. */
  readonly names?: readonly string[];
}
