/** Text that is safe to show. */

import { describe, expect, it } from 'vitest';
import { printableText } from '../../../src/audit/report/printable-text.ts';

describe('printable text', () => {
  it.each([
    ['lines and tabs', 'a\nb\r\tc', String.raw`a\nb\r\tc`],
    ['an escape sequence', '\u001b[2J', String.raw`\u001b[2J`],
    ['NUL and C1', '\u0000\u009b', String.raw`\u0000\u009b`],
    ['marks that turn the direction of writing', '\u202egnp\u2066', String.raw`\u202egnp\u2066`],
    ['what is not seen', 'a\u200bb\u00adc\u2060', String.raw`a\u200bb\u00adc\u2060`],
    ['letters that only programs read', '\u{e0041}', String.raw`\udb40\udc41`],
    ['lines of Unicode', '\u2028\u2029', String.raw`\u2028\u2029`],
    ['halves of characters', '\ud83d \ude00', String.raw`\ud83d \ude00`],
    ['what is no character', '\uffff\ufffe\ufeff', String.raw`\uffff\ufffe\ufeff`],
  ])('shows %s as in JSON', (_, text, shown) => {
    expect(printableText(text)).toBe(shown);
  });

  it('shows of a word that is longer than any path its beginning', () => {
    expect(printableText(`a ${'x'.repeat(5000)} b`)).toBe(`a ${'x'.repeat(200)}… b`);
    expect(printableText('x'.repeat(4096))).toBe('x'.repeat(4096));
  });

  it.each(['plain', 'größe', '日本語', '😀', '👩‍💻', String.raw`\n`])('leaves %s as it is', (text) => {
    expect(printableText(text)).toBe(text);
  });
});
