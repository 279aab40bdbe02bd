/** Runs a function of the test process inside a network namespace; what it opens stays there. */

import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Libc {
  setns(fd: number, type: number): number;
}
type Signature = readonly [result: string, args: readonly string[]];

const ffi = createRequire(import.meta.url)('@2060.io/ffi-napi') as { Library(name: null, functions: Record<keyof Libc, Signature>): Libc };
const libc = ffi.Library(null, { setns: ['int', ['int', 'int']] });

const CLONE_NEWNET = 0x40000000;

/** The thread is in the namespace of that path meanwhile. */
export function inNamespace<Result>(path: string, act: () => Result): Result {
  const own = openSync('/proc/thread-self/ns/net', 'r');
  const other = openSync(path, 'r');
  try {
    enter(other);
    return act();
  } finally {
    enter(own);
    closeSync(other);
    closeSync(own);
  }
}

function enter(namespace: number): void {
  if (libc.setns(namespace, CLONE_NEWNET) !== 0) throw new Error('a network namespace cannot be entered');
}
