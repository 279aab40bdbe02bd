/** Whether an answer is what a table expects. */

import type { Answer } from './judge.ts';
import type { Expected } from './table.ts';

/** `same` is said by judges that know all backends; whoever asks sees one of them answer, or silence. */
export function agrees({ word, by }: Expected, answer: Answer): boolean {
  const answering = answer.by ?? [];
  const one = word === 'same' && (answer.outcome === 'allow' || answer.outcome === 'deny');
  if (one) return answering.length <= 1 && (by === undefined || answering.every((backend) => by.includes(backend)));
  if (word !== answer.outcome) return false;
  return by === undefined || (by.length === answering.length && by.every((backend) => answering.includes(backend)));
}

export function describeExpected({ word, by }: Expected): string {
  return by === undefined ? word : `${word} by ${by.join(',')}`;
}

export function describeAnswer({ outcome, by = [], detail }: Answer): string {
  const backends = by.length === 0 ? '' : ` by ${by.join(',')}`;
  return `${outcome}${backends} seen${detail === undefined ? '' : ` (${detail})`}`;
}
