/** Reads an answer: whole up to a limit, or line by line as it comes, and gives up on a peer that has gone silent. */

import type { IncomingMessage } from 'node:http';
import { PageTooLargeError } from './api-error.ts';

const NEWLINE = 0x0a;

/** Chunks; an answer from which nothing comes for `idleMs` is taken for dead. */
async function* readChunks(response: IncomingMessage, idleMs: number): AsyncGenerator<Buffer> {
  const giveUp = (): unknown => response.destroy(new Error(`nothing came for ${idleMs / 1000} s`));
  let timer = setTimeout(giveUp, idleMs);
  try {
    for await (const chunk of response) {
      clearTimeout(timer);
      yield chunk as Buffer;
      timer = setTimeout(giveUp, idleMs);
    }
  } finally {
    clearTimeout(timer);
    response.destroy();
  }
}

/** `PageTooLargeError` beyond `limit` bytes. */
export async function readWhole(response: IncomingMessage, limit: number, idleMs: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of readChunks(response, idleMs)) {
    size += chunk.length;
    if (size > limit) throw new PageTooLargeError(`more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString();
}

/** Whole lines, those of one chunk together. What stands behind the last newline is not told: the connection broke in it. */
export async function* readLines(response: IncomingMessage, limit: number, idleMs: number): AsyncGenerator<readonly string[]> {
  let rest: Buffer[] = [];
  let size = 0;
  for await (const chunk of readChunks(response, idleMs)) {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end >= 0) {
      const text = Buffer.concat([...rest, chunk.subarray(0, end)]).toString();
      rest = [];
      size = 0;
      yield text.split('\n').filter((line) => line !== '');
    }
    const tail = chunk.subarray(end + 1);
    size += tail.length;
    if (size > limit) throw new PageTooLargeError(`a line of more than ${limit} bytes`);
    rest.push(tail);
  }
}
