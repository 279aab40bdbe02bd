/** Says before a long YAML text is parsed whether that would take too long or too much memory: its syntax tree is far larger than the text. */

import { Lexer } from 'yaml';

/** A tree of so many takes some hundred MiB and a few seconds; the largest objects that Kubernetes itself stores have a quarter of it. */
export const MOST_TOKENS = 1_000_000;
/** Levels; the parser recurses for each. */
const DEEPEST = 100;
export const TOO_DEEP = 'the document is nested too deeply';
/** A shorter text can do no harm, whatever it says. */
export const HARMLESS_LENGTH = 16 << 10;

/** Stands before the text of a scalar. */
const SCALAR = '\u001F';

/** A message, or undefined where it may be parsed. */
export function weighYaml(text: string): string | undefined {
  if (text.length <= HARMLESS_LENGTH) return undefined;
  let tokens = 0;
  let brackets = 0;
  /** Of `- - -` and the like, which open a level each. */
  let indicators = 0;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > MOST_TOKENS) return `it has more than ${MOST_TOKENS} words and signs, which is too much for one YAML document`;
    if (isScalar) isScalar = false;
    else if (token === SCALAR) {
      isScalar = true;
      indicators = 0;
    } else if (token === '[' || token === '{') brackets += 1;
    else if (token === ']' || token === '}') brackets -= 1;
    else if (token === '-' || token === '?' || token === ':') indicators += 1;
    else if (token.includes('\n')) indicators = 0;
    if (brackets > DEEPEST || indicators > DEEPEST) return TOO_DEEP;
  }
  return undefined;
}
