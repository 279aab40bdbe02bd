/** Names and labels, by the tables of apimachinery's documentation. */

import { describe, expect, it } from 'vitest';
import { isLabelKey, isLabelValue, isSubdomain } from '../../src/model/name-syntax.ts';

const LONG = 'a'.repeat(63);

describe('a label key', () => {
  it.each(['a', 'A.b_c-9', LONG, 'app.kubernetes.io/name', '1/2', `${'a'.repeat(253)}/b`, 'constructor'])('may be %s', (key) => {
    expect(isLabelKey(key)).toBe(true);
  });

  it.each([
    '',
    '-a',
    'a-',
    '_a',
    '__proto__',
    'a b',
    'ä',
    `${LONG}a`,
    '/a',
    'a/',
    'A.b/c',
    'a/b/c',
    'a_b/c',
    `${'a'.repeat(254)}/b`,
    'a\n',
    'a\0',
  ])('may not be %j', (key) => {
    expect(isLabelKey(key)).toBe(false);
  });
});

describe('a label value', () => {
  it.each(['', 'a', '1.0_rc-2', LONG])('may be %j', (value) => expect(isLabelValue(value)).toBe(true));

  it.each(['a/b', 'a:b', ' ', '.a', 'a.', `${LONG}a`, '1.0+build', '${APP}', 'a\n'])('may not be %j', (value) => {
    expect(isLabelValue(value)).toBe(false);
  });
});

describe('a subdomain', () => {
  it.each(['a', 'a.b-c.d9', 'a'.repeat(253)])('may be %s', (name) => expect(isSubdomain(name)).toBe(true));

  it.each(['', 'a..b', '.a', 'a.', 'A', 'a_b', '-a', 'a-.b', 'a'.repeat(254), 'a/b'])('may not be %j', (name) => {
    expect(isSubdomain(name)).toBe(false);
  });
});
