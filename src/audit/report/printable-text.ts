/** Text of manifests made fit to be shown: whoever wrote a name must not steer a terminal, a log or a parser by it. */

/**
 * Control characters (lines and tabs too), halves of a character, separators that some programs take for a new line, marks that change the direction of
 * writing, and what is no character at all.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/gu;

/** On one line; what cannot be shown stands as in JSON: `\n`, `\u001b`. */
export function printableText(text: string): string {
  return text.replaceAll(UNPRINTABLE, escapeCharacter);
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '\n':
      return String.raw`\n`;
    case '\r':
      return String.raw`\r`;
    case '\t':
      return String.raw`\t`;
    default:
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
}
