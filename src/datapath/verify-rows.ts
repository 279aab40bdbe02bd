/**
 * Compares the rows of every table with what they should be, and mends them. Both are read in pieces while the agent goes on: rows that an operation
 * writes meanwhile are as they should be by that, and are left out.
 */

import { PosternError } from '../model/error.ts';
import type { Operation } from '../model/plan.ts';
import { describeKey, describeValue } from './describe-rows.ts';
import type { Findings } from './findings.ts';
import { readU32 } from './layout.ts';
import type { Pacer } from './pacer.ts';
import type { DesiredState } from './port.ts';
import { RowIndex } from './row-index.ts';
import { putOperation, removeOperation, rowsOf, TABLES, type Table, type TableName } from './rows.ts';
import { inPieces, TableDifferences, type Difference } from './table-differences.ts';

/** What holds the rows: the kernel's maps, or their twin in memory. */
export interface RowStore {
  /** The rows that are there; those that come or go meanwhile may be told or not, also twice. `undefined` counts for nothing. */
  read(table: Table): Iterable<readonly [key: Uint8Array, value: Uint8Array] | undefined>;
  apply(operations: readonly Operation[]): void;
  /** Hear of all operations before they are applied, until the function that is returned is called. */
  watch(onApply: (operations: readonly Operation[]) => void): () => void;
}

/** What is referred to comes first: once it is right, a row that refers to it can be mended in one step. */
const STAGES: readonly (readonly TableName[])[] = [
  ['ports'],
  ['pairs'],
  ['ipcache', 'prefixes'],
  ['frontends', 'local_pods'],
  ['configs'],
  ['endpoints'],
];
const REPAIRS_IN_ONE_PIECE = 64;

export interface VerifyParts {
  readonly store: RowStore;
  readonly desired: DesiredState;
  readonly repair: boolean;
  readonly pacer: Pacer;
  readonly findings: Findings;
}

/** Returns how many rows were mended. Throws `E_NOT_SETTLED` where the kernel cannot be brought up to what is desired. */
export async function verifyRows(parts: VerifyParts): Promise<number> {
  const touched = new TouchedRows();
  const stopWatching = parts.store.watch((operations) => touched.note(operations));
  let repaired = 0;
  try {
    for (const stage of STAGES) {
      touched.clear();
      const differences: TableDifferences[] = [];
      for (const name of stage) differences.push(await compareTable(TABLES[name], parts));
      repaired += await settleDifferences(differences, touched, parts);
    }
  } finally {
    stopWatching();
  }
  return repaired;
}

async function compareTable(table: Table, { store, desired, pacer, findings }: VerifyParts): Promise<TableDifferences> {
  const index = new RowIndex(table.keySize, table.valueSize);
  for (const operation of desired.operations(table.put)) {
    for (const { key, value } of operation === undefined ? [] : rowsOf(operation)) if (value !== undefined) index.expect(key, value);
    if (pacer.due) await pacer.rest();
  }
  findings.count(table.name, index.count);
  // By key: a row that was seen twice differs once.
  const found = new RowIndex(table.keySize, table.valueSize);
  for (const row of store.read(table)) {
    if (row !== undefined) {
      const [key, value] = row;
      const meeting = index.meet(key, value);
      if (meeting === 'changed' || (meeting === 'foreign' && table.closed)) found.expect(key, value);
    }
    if (pacer.due) await pacer.rest();
  }
  return new TableDifferences(table, index, found);
}

/**
 * From the moment in which nothing waits to be applied, what differs and was not written meanwhile has drifted. Rows are put before others go; of prefixes
 * the longest is put first and goes last. So no address falls, between two operations, to a wider prefix than it should.
 */
async function settleDifferences(differences: readonly TableDifferences[], touched: TouchedRows, parts: VerifyParts): Promise<number> {
  let repaired = 0;
  if (!parts.desired.settle()) throw notSettled();
  const ordered = [...differences.map((each) => each.puts()), ...differences.map((each) => each.removals())];
  for (const all of inPieces(ordered, REPAIRS_IN_ONE_PIECE)) {
    const piece = all.filter(({ table, key }) => !touched.has(table, key));
    const note = parts.repair && piece.length > 0 ? mend(piece, touched, parts) : undefined;
    const done = parts.repair && note === undefined;
    for (const difference of piece) tell(difference, done, note, parts.findings);
    if (done) repaired += piece.length;
    if (!parts.pacer.due) continue;
    await parts.pacer.rest();
    if (!parts.desired.settle()) throw notSettled();
  }
  return repaired;
}

function tell(difference: Difference, repaired: boolean, note: string | undefined, findings: Findings): void {
  if (findings.lists(difference.table)) findings.add({ ...describe(difference), repaired, ...(note === undefined ? {} : { note }) });
  else findings.addUnlisted(difference.table, repaired);
}

/** Returns why it could not be done. */
function mend(differences: readonly Difference[], touched: TouchedRows, { store, desired }: VerifyParts): string | undefined {
  try {
    touched.ignore(() => store.apply(differences.flatMap(repairOf)));
    const configs = differences.filter(({ table }) => table === 'configs').map(({ key }) => readU32(key));
    if (configs.length === 0) return undefined;
    desired.replaceConfigs(new Set(configs));
    return desired.settle() ? undefined : 'the agent could not write a new configuration';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function repairOf({ table, key, expected }: Difference): Operation[] {
  if (table === 'configs') return [];
  return [expected === undefined ? removeOperation(table, key) : putOperation(table, key, expected)];
}

function describe({ table, key, expected, found }: Difference): {
  what: string;
  kind: 'missing' | 'foreign' | 'changed';
  where: string;
  expected: string | null;
  found: string | null;
} {
  return {
    what: table,
    kind: found === undefined ? 'missing' : expected === undefined ? 'foreign' : 'changed',
    where: describeKey(table, key),
    expected: expected === undefined ? null : describeValue(table, expected, found),
    found: found === undefined ? null : describeValue(table, found, expected),
  };
}

/** Rows that operations have written since the comparison of their table began. */
class TouchedRows {
  readonly #keys = new Set<string>();
  #ignores = false;

  /** What is applied by this is known anyway. */
  ignore(act: () => void): void {
    this.#ignores = true;
    try {
      act();
    } finally {
      this.#ignores = false;
    }
  }

  note(operations: readonly Operation[]): void {
    if (this.#ignores) return;
    for (const operation of operations) for (const { table, key } of rowsOf(operation)) this.#keys.add(textOf(table, key));
  }

  has(table: TableName, key: Uint8Array): boolean {
    return this.#keys.has(textOf(table, key));
  }

  clear(): void {
    this.#keys.clear();
  }
}

function textOf(table: TableName, key: Uint8Array): string {
  return `${table} ${Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1')}`;
}

function notSettled(): PosternError {
  return new PosternError('E_NOT_SETTLED', 'what the agent was told is not in force yet, so there is nothing to compare with', {
    mend: 'see `failure` in the status, and the log of the agent',
  });
}
