/** Numbers as the kernel's native-endian bytes, and back. */

export function u32(...values: readonly number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(values).buffer);
}

export function u64(...values: readonly bigint[]): Uint8Array {
  return new Uint8Array(new BigUint64Array(values).buffer);
}

/** Copied first: a Buffer need not start at a multiple of four. */
export function readU32(bytes: Uint8Array): number[] {
  return [...new Uint32Array(new Uint8Array(bytes).buffer)];
}

export function readU64(bytes: Uint8Array): bigint[] {
  return [...new BigUint64Array(new Uint8Array(bytes).buffer)];
}
