/** A place in one word: `shop.yaml:12`. */

import type { Location } from '../model/error.ts';

/** Empty where there is no file. */
export function describePlace({ file, line }: Location): string {
  return file === undefined ? '' : line === undefined ? file : `${file}:${line}`;
}
