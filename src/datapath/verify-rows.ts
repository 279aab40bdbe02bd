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

/** What holds the rows: the kernel's maps, or their twin in memory. */
export interface RowStore {
  /** The rows that are there; those that come or go meanwhile may be told or not. `expected`: about how many. */
  read(table: Table, expected: number): Iterable<readonly [key: Uint8Array, value: Uint8Array]>;
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
const REPAIRS_IN_ONE_PIECE = 1024;

interface Difference {
  readonly table: TableName;
  readonly key: Uint8Array;
  readonly expected: Uint8Array | undefined;
  readonly found: Uint8Array | undefined;
}

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
      const differences: Difference[] = [];
      for (const name of stage) differences.push(...(await compareTable(TABLES[name], parts)));
      repaired += await settleDifferences(inOrder(differences), touched, parts);
    }
  } finally {
    stopWatching();
  }
  return repaired;
}

async function compareTable(table: Table, { store, desired, pacer, findings }: VerifyParts): Promise<Iterable<Difference>> {
  const index = new RowIndex(table.keySize, table.valueSize);
  for (const operation of desired.operations(table.put)) {
    for (const { key, value } of operation === undefined ? [] : rowsOf(operation)) if (value !== undefined) index.expect(key, value);
    if (pacer.due) await pacer.rest();
  }
  findings.count(table.name, index.count);
  // By key: a row that was seen twice differs once.
  const differences = new Map<string, Difference>();
  for (const [key, value] of store.read(table, index.count)) {
    const meeting = index.meet(key, value);
    if (meeting === 'changed' || (meeting === 'foreign' && table.closed)) {
      const row = { table: table.name, key: key.slice(), expected: index.expected(key), found: value.slice() };
      differences.set(textOf(table.name, key), row);
    }
    if (pacer.due) await pacer.rest();
  }
  for (const key of index.unmet()) {
    differences.set(textOf(table.name, key), { table: table.name, key, expected: index.expected(key), found: undefined });
    if (pacer.due) await pacer.rest();
  }
  return differences.values();
}

/** From the moment in which nothing waits to be applied, what differs and was not written meanwhile has drifted. */
async function settleDifferences(differences: readonly Difference[], touched: TouchedRows, parts: VerifyParts): Promise<number> {
  let repaired = 0;
  for (let at = 0; at === 0 || at < differences.length; at += REPAIRS_IN_ONE_PIECE) {
    if (at > 0) await parts.pacer.rest();
    if (!parts.desired.settle()) throw notSettled();
    const piece = differences.slice(at, at + REPAIRS_IN_ONE_PIECE).filter(({ table, key }) => !touched.has(table, key));
    const note = parts.repair && piece.length > 0 ? mend(piece, parts) : undefined;
    const done = parts.repair && note === undefined;
    for (const difference of piece)
      parts.findings.add({ ...describe(difference), repaired: done, ...(note === undefined ? {} : { note }) });
    if (done) repaired += piece.length;
  }
  return repaired;
}

/** Returns why it could not be done. */
function mend(differences: readonly Difference[], { store, desired }: VerifyParts): string | undefined {
  try {
    store.apply(differences.flatMap(repairOf));
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

/**
 * Rows are put before others go; of prefixes the longest is put first and goes last. So no address falls, between two operations, to a wider prefix than
 * it should.
 */
function inOrder(differences: readonly Difference[]): Difference[] {
  const lengthOf = ({ table, key }: Difference): number => (table === 'prefixes' ? readU32(key) : 129);
  const puts = differences.filter(({ expected }) => expected !== undefined).sort((a, b) => lengthOf(b) - lengthOf(a));
  const removals = differences.filter(({ expected }) => expected === undefined).sort((a, b) => lengthOf(a) - lengthOf(b));
  return [...puts, ...removals];
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

  note(operations: readonly Operation[]): void {
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
