/**
 * The rows that one table should hold, in flat memory: hundreds of thousands of them are met one by one by what the kernel holds. They lie in many small
 * tables, so that none takes long to grow.
 */

const EMPTY = -1;
const SHARDS = 256;
/** log2 of them. */
const SHARD_BITS = 8;

/** How a row of the kernel stands to what is expected. */
export type Meeting = 'same' | 'changed' | 'foreign';

export class RowIndex {
  /** Made when they are needed: most tables are small. */
  readonly #shards = new Array<Shard | undefined>(SHARDS);
  readonly #keySize: number;
  readonly #valueSize: number;

  constructor(keySize: number, valueSize: number) {
    this.#keySize = keySize;
    this.#valueSize = valueSize;
  }

  get count(): number {
    return this.#shards.reduce((sum, shard) => sum + (shard?.count ?? 0), 0);
  }

  /** Said again, the later value counts. */
  expect(key: Uint8Array, value: Uint8Array): void {
    const number = hash(key, 0, this.#keySize);
    const shard = (this.#shards[number & (SHARDS - 1)] ??= new Shard(this.#keySize, this.#valueSize));
    shard.expect(number, key, value);
  }

  meet(key: Uint8Array, value: Uint8Array): Meeting {
    const number = hash(key, 0, this.#keySize);
    return this.#shardOf(number)?.meet(number, key, value) ?? 'foreign';
  }

  expected(key: Uint8Array): Uint8Array | undefined {
    const number = hash(key, 0, this.#keySize);
    return this.#shardOf(number)?.expected(number, key);
  }

  /** Keys that nothing has met. */
  *unmet(): Generator<Uint8Array> {
    for (const shard of this.#shards) if (shard !== undefined) yield* shard.unmet();
  }

  #shardOf(number: number): Shard | undefined {
    return this.#shards[number & (SHARDS - 1)];
  }
}

/** One small table; `number` is the key's hash, whose low bits chose the table. */
class Shard {
  readonly #keySize: number;
  readonly #valueSize: number;
  readonly #stride: number;
  #rows: Uint8Array;
  #met: Uint8Array;
  #slots: Int32Array;
  #count = 0;
  #metCount = 0;

  constructor(keySize: number, valueSize: number) {
    this.#keySize = keySize;
    this.#valueSize = valueSize;
    this.#stride = keySize + valueSize;
    this.#rows = new Uint8Array(8 * this.#stride);
    this.#met = new Uint8Array(8);
    this.#slots = new Int32Array(16).fill(EMPTY);
  }

  get count(): number {
    return this.#count;
  }

  expect(number: number, key: Uint8Array, value: Uint8Array): void {
    if (this.#count === this.#met.length) this.#grow();
    const slot = this.#slotOf(number, key);
    let row = this.#slots[slot] ?? EMPTY;
    if (row === EMPTY) {
      row = this.#count++;
      this.#slots[slot] = row;
      this.#rows.set(key, row * this.#stride);
    }
    this.#rows.set(value, row * this.#stride + this.#keySize);
  }

  meet(number: number, key: Uint8Array, value: Uint8Array): Meeting {
    const row = this.#slots[this.#slotOf(number, key)] ?? EMPTY;
    if (row === EMPTY) return 'foreign';
    if (this.#met[row] === 0) {
      this.#met[row] = 1;
      this.#metCount += 1;
    }
    const at = row * this.#stride + this.#keySize;
    for (let index = 0; index < this.#valueSize; index += 1) if (this.#rows[at + index] !== value[index]) return 'changed';
    return 'same';
  }

  expected(number: number, key: Uint8Array): Uint8Array | undefined {
    const row = this.#slots[this.#slotOf(number, key)] ?? EMPTY;
    return row === EMPTY ? undefined : this.#rows.slice(row * this.#stride + this.#keySize, (row + 1) * this.#stride);
  }

  *unmet(): Generator<Uint8Array> {
    if (this.#metCount === this.#count) return;
    for (let row = 0; row < this.#count; row += 1) {
      if (this.#met[row] === 0) yield this.#rows.slice(row * this.#stride, row * this.#stride + this.#keySize);
    }
  }

  /** The slot that holds a key's row, or where it would go. */
  #slotOf(number: number, key: Uint8Array): number {
    const mask = this.#slots.length - 1;
    let slot = (number >>> SHARD_BITS) & mask;
    for (;;) {
      const row = this.#slots[slot] ?? EMPTY;
      if (row === EMPTY || this.#hasKey(row, key)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #hasKey(row: number, key: Uint8Array): boolean {
    const at = row * this.#stride;
    for (let index = 0; index < this.#keySize; index += 1) if (this.#rows[at + index] !== key[index]) return false;
    return true;
  }

  #grow(): void {
    const room = this.#met.length * 2;
    const [rows, met] = [this.#rows, this.#met];
    this.#rows = new Uint8Array(room * this.#stride);
    this.#rows.set(rows);
    this.#met = new Uint8Array(room);
    this.#met.set(met);
    this.#slots = new Int32Array(room * 2).fill(EMPTY);
    const mask = this.#slots.length - 1;
    for (let row = 0; row < this.#count; row += 1) {
      let slot = (hash(this.#rows, row * this.#stride, this.#keySize) >>> SHARD_BITS) & mask;
      while (this.#slots[slot] !== EMPTY) slot = (slot + 1) & mask;
      this.#slots[slot] = row;
    }
  }
}

/** FNV-1a. */
function hash(bytes: Uint8Array, at: number, length: number): number {
  let value = 0x811c9dc5;
  for (let index = at; index < at + length; index += 1) value = Math.imul(value ^ (bytes[index] ?? 0), 0x01000193);
  return (value ^ (value >>> 15)) >>> 0;
}
