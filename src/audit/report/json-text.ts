/** JSON as a terminal may be shown it: what steers one, or turns the direction of writing, is escaped in the texts, and means the same. */

import { escapeUnits } from './printable-text.ts';

/** What `JSON.stringify` itself leaves as it is. */
const RAW = /[\u007f-\u009f\p{Zl}\p{Zp}\ufffe\uffff]|\p{Cf}/gu;

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2).replaceAll(RAW, escapeUnits)}\n`;
}
