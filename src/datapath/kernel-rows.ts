/** The rows of the kernel's maps, as a comparison reads them. */

import * as native from '../../native/index.js';
import type { Operation } from '../model/plan.ts';
import type { KernelMaps } from './kernel-maps.ts';
import { u32 } from './layout.ts';
import { maskPrefixKey, type Table } from './rows.ts';
import type { RowStore } from './verify-rows.ts';

/** Copied in one call: a few hundred microseconds. */
const ROWS_IN_ONE_PART = 256;
const WORDS_IN_ONE_PART = 8192;

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

  *read(table: Table): Generator<RawRow | undefined> {
    switch (table.name) {
      case 'endpoints':
        yield* readWords(this.#maps.fd('endpoints'));
        for (const row of this.#rows('far_endpoints', table)) if (row[1].some((byte) => byte !== 0)) yield row;
        return;
      case 'prefixes':
        for (const [key, value] of this.#rows('prefixes', table)) yield [maskPrefixKey(key), value];
        return;
      default:
        yield* this.#rows(table.name, table);
    }
  }

  *#rows(map: string, { keySize, valueSize }: Table): Generator<RawRow> {
    const fd = this.#maps.fd(map);
    let cursor: Uint8Array | null | undefined = null;
    // A trie whose row under the cursor was deleted is begun anew: it must end all the same.
    for (let left = 3 * native.mapInfo(fd).maxEntries; cursor !== undefined && left > 0;) {
      const part: ReturnType<typeof native.mapDumpPart> = native.mapDumpPart(fd, cursor, ROWS_IN_ONE_PART);
      const { keys, values, count } = part;
      for (let index = 0; index < count; index += 1) {
        yield [keys.subarray(index * keySize, (index + 1) * keySize), values.subarray(index * valueSize, (index + 1) * valueSize)];
      }
      left -= Math.max(count, 1);
      cursor = part.cursor;
    }
  }
}

/** Only those that are set, of a hundred thousand. */
function* readWords(map: native.Fd): Generator<RawRow | undefined> {
  const memory = native.mapMmap(map);
  try {
    const words = memory.byteLength / 8;
    for (let at = 0; at < words; at += WORDS_IN_ONE_PART) {
      for (const index of findSet(new Uint32Array(memory, at * 8, Math.min(WORDS_IN_ONE_PART, words - at) * 2)))
        yield [u32(at + index), new Uint8Array(memory.slice((at + index) * 8, (at + index + 1) * 8))];
      yield undefined;
    }
  } finally {
    native.mapUnmap(memory);
  }
}

function findSet(halves: Uint32Array): number[] {
  const found: number[] = [];
  for (let index = 0; index < halves.length; index += 2) if (halves[index] !== 0 || halves[index + 1] !== 0) found.push(index / 2);
  return found;
}
