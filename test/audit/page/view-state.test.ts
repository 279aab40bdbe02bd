/** What the page shows, in its address and back. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIRST_STATE, nextTheme, readHash, writeHash, type ViewState } from '../../../src/audit/page/browser/view-state.ts';
import { HOSTILE_NAMES } from '../matrix/matrix-builder.ts';

/** Lone surrogates have no place in an address. */
const text = fc.string({ unit: 'grapheme' });

const states: fc.Arbitrary<ViewState> = fc
  .record({
    view: fc.constantFrom('matrix', 'graph', 'list'),
    namespaces: fc.array(text),
    from: text,
    to: text,
    ports: text,
    side: fc.constantFrom('both', 'egress', 'ingress'),
    show: fc.constantFrom('all', 'allowed', 'denied'),
    search: text,
    theme: fc.constantFrom('auto', 'light', 'dark'),
    cell: fc.option(fc.tuple(text, text), { nil: undefined }),
    open: fc.boolean(),
  })
  .map((state) => ({ ...state, open: state.open && state.cell !== undefined }));

describe('the address', () => {
  it('says nothing of what is as at first', () => {
    expect(writeHash(FIRST_STATE)).toBe('');
    expect(readHash('')).toEqual(FIRST_STATE);
  });

  it('gives every state back', () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(readHash(`#${writeHash(state)}`)).toEqual(state);
      }),
    );
  });

  it('carries hostile names', () => {
    const cell = [HOSTILE_NAMES.join('&'), HOSTILE_NAMES.join('=')] as const;
    expect(readHash(writeHash({ ...FIRST_STATE, namespaces: HOSTILE_NAMES, cell }))).toMatchObject({ namespaces: HOSTILE_NAMES, cell });
  });

  it.each(['#view=nothing', '#%%%', '#open=1', '#source=a', '#side=&show=&theme=blue'])('%s is read as the first view', (hash) => {
    expect(readHash(hash)).toEqual(FIRST_STATE);
  });

  it('keeps no cell open that it does not name', () => {
    expect(readHash('#open=1').open).toBe(false);
  });
});

it('themes go round', () => {
  expect([nextTheme('auto'), nextTheme('light'), nextTheme('dark')]).toEqual(['light', 'dark', 'auto']);
});
