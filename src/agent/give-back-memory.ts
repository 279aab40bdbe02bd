/** Gives the kernel back what malloc holds free between pieces in use: what V8 compiles and what the API server sends leaves holes that would stay. */

import { trimHeap } from './libc.ts';

const LOOK_MS = 2000;
/** A trim takes about a millisecond: it is worth that once so many bytes have come. */
const GROWTH = 2 << 20;

/** Until the returned function is called. */
export function giveBackMemory(): () => void {
  let resident = 0;
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() < resident + GROWTH) return;
    trimHeap();
    resident = process.memoryUsage.rss();
  }, LOOK_MS);
  return () => clearInterval(timer);
}
