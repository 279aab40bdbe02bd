/** Text as it reads where nobody colours it. */

import { stripVTControlCharacters } from 'node:util';

export function withoutColours(text: string): string {
  return stripVTControlCharacters(text);
}
