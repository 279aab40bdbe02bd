/** Text of manifests made fit to be shown: whoever wrote a name must not steer a terminal, a log or a parser by it. */

/**
 * Control characters (lines and tabs too), halves of a character, separators that some programs take for a new line, marks that change the direction of
 * writing or are not seen at all, and what is no character. The joiners, which some scripts and signs are written with, stay.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\ufffe\uffff]|(?![\u200c\u200d])\p{Cf}/gu;
/** No path and no name is longer: longer words are somebody's joke. */
const LONG_WORD = /\S{4097,}/g;
const SHOWN = 200;

/** On one line; what cannot be shown stands as in JSON: `\n`, `\u001b`. */
export function printableText(text: string): string {
  return text.replaceAll(LONG_WORD, (word) => `${word.slice(0, SHOWN)}…`).replaceAll(UNPRINTABLE, escapeCharacter);
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
      return escapeUnits(character);
  }
}

/** As JSON has them: `\u001b`. */
export function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`).join('');
}
