/** A word to the person, beside what the command was asked for. */

import { printableText } from '../audit/report/printable-text.ts';

/** One line, whatever names it holds. */
export function tell(sentence: string): void {
  console.error(`postern: ${printableText(sentence)}`);
}
