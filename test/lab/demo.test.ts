/** The demo shows what it promises, on every kind of wire that pods can have, and leaves nothing. */

import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { runDemo } from '../../src/lab/demo/demo.ts';
import type { Cni } from '../../src/lab/types.ts';
import { needsKernel } from '../support/requires.ts';
import { leftoversOf, NOTHING_LEFT } from './lab-support.ts';

describe('the demo', needsKernel, () => {
  test.for<Cni>(['bridge', 'ptp'])('sees over %s what the policies say', async (cni) => {
    const lines: string[] = [];
    const right = await runDemo({ cni, fabric: 'routed', signal: new AbortController().signal, print: (text) => lines.push(text) });
    expect(right ? [] : lines).toEqual([]);
    expect(lines.join('\n')).toContain('FLOW_CUT');
    const plain = stripVTControlCharacters(lines.join('\n'));
    expect(plain).toMatch(
      /Service shop\/api 8080\/TCP {2}20 calls: \d+ answered by shop\/api, \d+ silent\n +dropped leaving shop\/web for shop\/api-canary/,
    );
    expect(leftoversOf('demo')).toEqual(NOTHING_LEFT);
  });

  test('leaves nothing when it is interrupted', async () => {
    const interrupted = new AbortController();
    const print = (text: string): void => {
      if (text.includes('An attack')) interrupted.abort(new Error('enough'));
    };
    await expect(runDemo({ cni: 'bridge', fabric: 'routed', signal: interrupted.signal, print })).rejects.toThrow('enough');
    expect(leftoversOf('demo')).toEqual(NOTHING_LEFT);
  });
});
