/** JSON that steers no terminal. */

import { expect, it } from 'vitest';
import { jsonText } from '../../../src/audit/report/json-text.ts';

it('means the same and has nothing in it that a terminal would follow', () => {
  const texts = ['\u009b31m', '\u007f', '\u202egnp', '\u2066\u200b\ufeff', '\u2028', '\u{e0041}', '\u0000\u001b', 'größe 日本語 😀'];
  const text = jsonText({ texts });
  expect(JSON.parse(text)).toEqual({ texts });
  expect(text).toMatch(/^[\n\u0020-\u007e\u00a0-\u00ac\u00ae-\u{1f64f}]*$/u);
  expect(text).not.toMatch(/\p{Cf}|\p{Zl}/u);
  expect(text).toContain('größe 日本語 😀');
});
