/** The rows of the kernel's maps, as a comparison reads them. */

import * as native from '../../native/index.js';
import type { Operation } from '../model/plan.ts';
import type { KernelMaps } from './kernel-maps.ts';
import { u32 } from './layout.ts';
import { maskPrefixKey, type Table } from './rows.ts';
import type { RowStore } from './verify-rows.ts';

/** A map with more rows is walked row by row, in pieces: it takes some ten times as long as copying it at once, and holds nobody up. */
const ROWS_AT_ONCE = 8192;

type RawRow = readonly [key: Uint8Array, value: Uint8Array];

export class KernelRows implements RowStore {
  readonly #maps: KernelMaps;
  readonly #watchers = new Set<(operations: readonly Operation[]) => void>();

  constructor(maps: KernelMaps) {
    this.#maps = maps;
  }

  apply(operations: readonly Operation[]): void {
    for (const watcher of this.#watchers) watcher(operations);
    this.#maps.apply(operations);
  }

  watch(onApply: (operations: readonly Operation[]) => void): () => void {
    this.#watchers.add(onApply);
    return () => void this.#watchers.delete(onApply);
  }

  *read(table: Table, expected: number): Generator<RawRow> {
    switch (table.name) {
      case 'endpoints':
        yield* readWords(this.#maps.fd('endpoints'));
        for (const row of this.#rows('far_endpoints', table, 0)) if (row[1].some((byte) => byte !== 0)) yield row;
        return;
      case 'prefixes':
        for (const [key, value] of this.#rows('prefixes', table, expected)) yield [maskPrefixKey(key), value];
        return;
      default:
        yield* this.#rows(table.name, table, expected);
    }
  }

  #rows(map: string, table: Table, expected: number): Iterable<RawRow> {
    return expected > ROWS_AT_ONCE ? walk(this.#maps.fd(map), table) : dump(this.#maps.fd(map), table);
  }
}

function* dump(map: native.Fd, { keySize, valueSize }: Table): Generator<RawRow> {
  const { keys, values, count } = native.mapDump(map);
  for (let index = 0; index < count; index += 1) {
    yield [keys.subarray(index * keySize, (index + 1) * keySize), values.subarray(index * valueSize, (index + 1) * valueSize)];
  }
}

/** What is yielded is overwritten by what comes next but one. */
function* walk(map: native.Fd, { keySize, valueSize }: Table): Generator<RawRow> {
  const value = new Uint8Array(valueSize);
  let [key, next] = [new Uint8Array(keySize), new Uint8Array(keySize)];
  let found = native.mapNextKey(map, null, next);
  // A key that was deleted while others ran starts the walk anew: it must end all the same.
  for (let left = 3 * native.mapInfo(map).maxEntries; found && left > 0; left -= 1) {
    [key, next] = [next, key];
    if (native.mapGet(map, key, value)) yield [key, value];
    found = native.mapNextKey(map, key, next);
  }
}

/** Only those that are set, of a hundred thousand. */
function* readWords(map: native.Fd): Generator<RawRow> {
  const memory = native.mapMmap(map);
  try {
    const halves = new Uint32Array(memory);
    for (let index = 0; index < halves.length; index += 2) {
      if (halves[index] !== 0 || halves[index + 1] !== 0) yield [u32(index / 2), new Uint8Array(memory.slice(index * 4, index * 4 + 8))];
    }
  } finally {
    native.mapUnmap(memory);
  }
}
