/** Maps: single elements, batches, dumps and memory, for the map types that the datapath uses. */

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { readU32, readU64, u32, u64 } from './support/bytes.ts';
import { obstacle } from './support/kernel-access.ts';

const HASH = 1;
const ARRAY = 2;
const PERCPU_ARRAY = 6;
const LRU_HASH = 9;
const LPM_TRIE = 11;
const NO_PREALLOC = 1;
const MMAPABLE = 1 << 10;

describe.skipIf(obstacle !== undefined)('a map', () => {
  const opened: number[] = [];

  function create(spec: Partial<native.MapSpec> = {}): number {
    const map = native.mapCreate({ type: HASH, keySize: 4, valueSize: 8, maxEntries: 1000, name: 'test', ...spec });
    opened.push(map);
    return map;
  }

  afterEach(() => {
    for (const map of opened.splice(0)) native.close(map);
  });

  it('gives back what was put, and says what is absent', () => {
    const map = create();
    const value = new Uint8Array(8);
    expect(native.mapGet(map, u32(1), value)).toBe(false);
    native.mapPut(map, u32(1), u64(77n));
    expect(native.mapGet(map, u32(1), value)).toBe(true);
    expect(readU64(value)).toEqual([77n]);
    expect(native.mapDelete(map, u32(1))).toBe(true);
    expect(native.mapDelete(map, u32(1))).toBe(false);
  });

  it('heeds BPF_NOEXIST and BPF_EXIST', () => {
    const map = create();
    expect(() => native.mapPut(map, u32(1), u64(1n), 2)).toThrow(
      expect.objectContaining({ code: 'ENOENT', operation: 'BPF_MAP_UPDATE_ELEM', object: 'test' }),
    );
    native.mapPut(map, u32(1), u64(1n), 1);
    expect(() => native.mapPut(map, u32(1), u64(1n), 1)).toThrow(expect.objectContaining({ code: 'EEXIST', errno: 17 }));
  });

  it('walks its keys', () => {
    const map = create();
    for (const key of [5, 6, 7]) native.mapPut(map, u32(key), u64(0n));
    const seen: number[] = [];
    let key: Uint8Array | null = null;
    for (let next = u32(0); native.mapNextKey(map, key, next); next = u32(0)) {
      seen.push(...readU32(next));
      key = next;
    }
    expect(seen.toSorted((a, b) => a - b)).toEqual([5, 6, 7]);
  });

  it('refuses keys and values of the wrong length before the kernel reads them', () => {
    const map = create();
    expect(() => native.mapGet(map, u32(1, 2), new Uint8Array(8))).toThrow(TypeError);
    expect(() => native.mapGet(map, u32(1), new Uint8Array(4))).toThrow('mapGet: value must be 8 bytes long');
    expect(() => native.mapPutBatch(map, u32(1, 2), u64(1n), 2)).toThrow(TypeError);
    expect(() => native.mapDeleteBatch(map, u32(1), 2)).toThrow(TypeError);
    expect(() => native.mapNextKey(map, new Uint8Array(3), u32(0))).toThrow(TypeError);
  });

  it('names a bad descriptor and a refused map', () => {
    expect(() => native.mapGet(-1, u32(1), new Uint8Array(8))).toThrow(
      expect.objectContaining({ code: 'EBADFD', errno: 77, object: 'fd -1' }),
    );
    expect(() => create({ keySize: 0 })).toThrow(expect.objectContaining({ code: 'EINVAL', operation: 'BPF_MAP_CREATE', object: 'test' }));
  });

  it.each([
    ['hash', { type: HASH }],
    ['LRU hash', { type: LRU_HASH }],
    ['trie', { type: LPM_TRIE, keySize: 8, flags: NO_PREALLOC }],
  ])('of type %s is filled, dumped and emptied in batches', (_, spec) => {
    const count = 10_000;
    const map = create({ ...spec, maxEntries: 20_000 });
    const trie = spec.type === LPM_TRIE;
    const keys = Array.from({ length: count }, (_value, index) => (trie ? [32, index] : [index])).flat();
    const values = Array.from({ length: count }, (_value, index) => BigInt(index) * 3n);
    native.mapPutBatch(map, u32(...keys), u64(...values), count);

    const dump = native.mapDump(map);
    expect(dump.count).toBe(count);
    const words = readU32(dump.keys).filter((_word, index) => !trie || index % 2 === 1);
    expect(readU64(dump.values)).toEqual(words.map((key) => BigInt(key) * 3n));
    expect(new Set(words).size).toBe(count);

    const some = trie ? [32, 1, 32, 999_999, 32, 2] : [1, 999_999, 2];
    expect(native.mapDeleteBatch(map, u32(...some), 3)).toBe(2);
    expect(native.mapDeleteBatch(map, u32(...keys), count)).toBe(count - 2);
    expect(native.mapDump(map).count).toBe(0);
  });

  it.each([
    ['hash', { type: HASH }],
    ['LRU hash', { type: LRU_HASH }],
    ['array', { type: ARRAY }],
    ['trie', { type: LPM_TRIE, keySize: 8, flags: NO_PREALLOC }],
  ])('of type %s is read in parts, each row once', (_, spec) => {
    const count = 3000;
    const map = create({ ...spec, maxEntries: spec.type === ARRAY ? count : 20_000 });
    const trie = spec.type === LPM_TRIE;
    const keys = Array.from({ length: count }, (_value, index) => (trie ? [32, index] : [index])).flat();
    native.mapPutBatch(map, u32(...keys), u64(...Array.from({ length: count }, (_value, index) => BigInt(index) * 3n)), count);

    const seen: number[] = [];
    const sizes: number[] = [];
    let cursor: Uint8Array | null = null;
    do {
      const part: ReturnType<typeof native.mapDumpPart> = native.mapDumpPart(map, cursor, 500);
      const words = readU32(part.keys).filter((_word, index) => !trie || index % 2 === 1);
      expect(readU64(part.values)).toEqual(words.map((key) => BigInt(key) * 3n));
      expect(words).toHaveLength(part.count);
      seen.push(...words);
      sizes.push(part.count);
      cursor = part.cursor ?? null;
    } while (cursor !== null);
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_value, index) => index));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  });

  it('is read on in parts where a key under the cursor is gone, and ends', () => {
    const map = create({ type: LPM_TRIE, keySize: 8, flags: NO_PREALLOC });
    native.mapPutBatch(
      map,
      u32(...Array.from({ length: 100 }, (_value, index) => [32, index]).flat()),
      u64(...Array<bigint>(100).fill(1n)),
      100,
    );
    const first = native.mapDumpPart(map, null, 10);
    native.mapDeleteBatch(map, first.keys, first.count);
    const rest = native.mapDumpPart(map, first.cursor ?? null, 1000);
    expect([rest.count, rest.cursor]).toEqual([90, undefined]);
    native.mapDeleteBatch(map, rest.keys, rest.count);
    expect(native.mapDumpPart(map, null, 10)).toMatchObject({ count: 0 });
    expect(native.mapDumpPart(map, first.cursor ?? null, 10).cursor).toBeUndefined();
  });

  it('takes no cursor of another length, and any of the right one', () => {
    const map = create();
    native.mapPut(map, u32(1), u64(1n));
    expect(() => native.mapDumpPart(map, new Uint8Array(3), 10)).toThrow('mapDumpPart: cursor must be 9 bytes long');
    for (const way of [0, 1, 255]) expect(native.mapDumpPart(map, new Uint8Array(9).fill(255).fill(way, 0, 1), 10).count).toBeLessThan(2);
    expect(native.mapDumpPart(map, null, 0).count).toBeLessThan(2);
  });

  it('throws the errno where a batch does not fit', () => {
    const map = create({ maxEntries: 2 });
    expect(() => native.mapPutBatch(map, u32(1, 2, 3), u64(1n, 2n, 3n), 3)).toThrow(expect.objectContaining({ code: 'E2BIG' }));
  });

  it('puts a batch under flags that the kernel takes for single elements only', () => {
    const map = create();
    native.mapPutBatch(map, u32(1, 2), u64(1n, 2n), 2, 1);
    expect(() => native.mapPutBatch(map, u32(3, 2), u64(1n, 2n), 2, 1)).toThrow(expect.objectContaining({ code: 'EEXIST' }));
    expect(native.mapDump(map).count).toBe(3);
  });

  it('with one value for each CPU shows all of them', () => {
    const cpus = native.possibleCpus();
    const map = create({ type: PERCPU_ARRAY, valueSize: 4, maxEntries: 3 });
    const value = new Uint8Array(8 * cpus).fill(1);
    native.mapPut(map, u32(1), value);
    const read = new Uint8Array(8 * cpus);
    native.mapGet(map, u32(1), read);
    for (let cpu = 0; cpu < cpus; cpu += 1) expect(readU32(read)[2 * cpu]).toBe(0x01010101);
    expect(native.mapDump(map).values).toHaveLength(3 * 8 * cpus);
  });

  it('is shared with memory', async () => {
    const map = create({ type: ARRAY, valueSize: 8, maxEntries: 1000, flags: MMAPABLE });
    const memory = native.mapMmap(map);
    expect(memory.byteLength).toBe(8000);
    const words = new BigUint64Array(memory);
    Atomics.store(words, 999, 42n);
    const value = new Uint8Array(8);
    native.mapGet(map, u32(999), value);
    expect(readU64(value)).toEqual([42n]);
    native.mapPut(map, u32(3), u64(9n));
    expect(Atomics.load(words, 3)).toBe(9n);

    native.mapUnmap(memory);
    expect(words.length).toBe(0);
    await setTimeout(10);
    expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain('bpf-map');
    expect(() => native.mapUnmap(new Uint8Array(1) as unknown as ArrayBuffer)).toThrow(TypeError);
  });

  it('that is not for memory cannot be mapped', () => {
    expect(() => native.mapMmap(create())).toThrow(expect.objectContaining({ operation: 'mmap', object: 'test' }));
  });

  it('takes no more writes once frozen', () => {
    const map = create({ type: ARRAY });
    native.mapFreeze(map);
    expect(() => native.mapPut(map, u32(0), u64(1n))).toThrow(expect.objectContaining({ code: 'EPERM' }));
  });
});
