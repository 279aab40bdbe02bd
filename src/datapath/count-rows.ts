/** Counts the rows of a hash map whose number nobody keeps, without holding the event loop. */

import * as native from '../../native/index.js';
import { Pacer } from './pacer.ts';

const ROWS_IN_ONE_PART = 1024;

/** About: rows come and go meanwhile. */
export async function countRows(map: native.Fd): Promise<number> {
  const pacer = new Pacer();
  let rows = 0;
  for (let cursor: Uint8Array | null | undefined = null; cursor !== undefined;) {
    const part: ReturnType<typeof native.mapDumpPart> = native.mapDumpPart(map, cursor, ROWS_IN_ONE_PART);
    rows += part.count;
    cursor = part.cursor;
    if (pacer.due) await pacer.rest();
  }
  return rows;
}
