/** The processor time that this thread has used, in milliseconds: what else runs on the machine does not count. */

import { createRequire } from 'node:module';

interface Libc {
  clock_gettime(clock: number, time: Buffer): number;
}

interface Ffi {
  Library(name: null, functions: Readonly<Record<string, readonly [result: string, args: readonly string[]]>>): Libc;
}

/** CLOCK_THREAD_CPUTIME_ID; getrusage, which Node has, may be four milliseconds old. */
const THREAD_TIME = 3;

const libc = (createRequire(import.meta.url)('@2060.io/ffi-napi') as Ffi).Library(null, { clock_gettime: ['int', ['int', 'pointer']] });
const time = Buffer.alloc(16);

export function threadTime(): number {
  libc.clock_gettime(THREAD_TIME, time);
  return Number(time.readBigInt64LE(0)) * 1000 + Number(time.readBigInt64LE(8)) / 1e6;
}
