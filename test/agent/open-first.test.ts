/** Interfaces are opened before anything else is tried, and only those that are to stay open. */

import { describe, expect, it } from 'vitest';
import { openFirst } from '../../src/agent/open-first.ts';
import { CONFIG_OPEN, type Operation } from '../../src/model/plan.ts';

const word = (ifindex: number, config: number, generation = 1): Operation => ({
  op: 'set-endpoint',
  ifindex,
  word: { config, generation },
});
const pair: Operation = { op: 'delete-pair', ruleset: 1, identity: 2 };

describe('what opens an interface', () => {
  it('comes first, and what was to be its word before is left out', () => {
    expect(openFirst([pair, word(7, 5), word(8, 6), word(7, CONFIG_OPEN)])).toEqual([word(7, CONFIG_OPEN), pair, word(8, 6)]);
  });

  it('is left where it is when the interface is closed again behind it', () => {
    const operations = [pair, word(7, CONFIG_OPEN), word(7, 5)];
    expect(openFirst(operations)).toEqual(operations);
  });

  it('keeps its last generation', () => {
    expect(openFirst([word(7, CONFIG_OPEN, 1), pair, word(7, CONFIG_OPEN, 2)])).toEqual([word(7, CONFIG_OPEN, 2), pair]);
  });
});
