/** What the page shows, in its address and back. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIRST_STATE, nextTheme, readHash, writeHash, type Place, type ViewState } from '../../../src/audit/page/browser/view-state.ts';
import { HOSTILE_NAMES } from '../matrix/hostile-matrix.ts';

/** Lone surrogates have no place in an address. */
const text = fc.string({ unit: 'grapheme' });

/** In thousandths, as places are rounded. */
const thousandths = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max }).map((value) => value / 1000);
const place: fc.Arbitrary<Place> = fc.tuple(thousandths(-1e8, 1e8), thousandths(-1e8, 1e8), thousandths(1, 1e8));

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
    nodes: fc.constantFrom('auto', 'peer', 'class', 'namespace'),
    matrixAt: fc.option(place, { nil: undefined }),
    graphAt: fc.option(place, { nil: undefined }),
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

  it('gives every state back of a page that opens with filters of its own', () => {
    fc.assert(
      fc.property(states, states, (state, { namespaces, ports, show }) => {
        const first = { ...FIRST_STATE, namespaces, ports, show };
        expect(writeHash(first, first)).toBe('');
        expect(readHash(writeHash(state, first), first)).toEqual(state);
      }),
    );
  });

  it('carries hostile names', () => {
    const cell = [HOSTILE_NAMES.join('&'), HOSTILE_NAMES.join('=')] as const;
    expect(readHash(writeHash({ ...FIRST_STATE, namespaces: HOSTILE_NAMES, cell }))).toMatchObject({ namespaces: HOSTILE_NAMES, cell });
  });

  it.each([
    '#view=nothing',
    '#%%%',
    '#open=1',
    '#source=a',
    '#side=&show=&theme=blue',
    '#nodes=all&matrix=1 2&graph=1 2 3 4',
    '#matrix=1 2 0&graph=1 x 3',
    '#matrix=1 2 Infinity&graph=  1',
  ])('%s is read as the first view', (hash) => {
    expect(readHash(hash)).toEqual(FIRST_STATE);
  });

  it('keeps no cell open that it does not name', () => {
    expect(readHash('#open=1').open).toBe(false);
  });
});

it('themes go round', () => {
  expect([nextTheme('auto'), nextTheme('light'), nextTheme('dark')]).toEqual(['light', 'dark', 'auto']);
});
