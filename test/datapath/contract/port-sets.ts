/** What port sets must come to, asked by a peer that nobody knows. */

import { expect, it } from 'vitest';
import type { Verdict } from '../../../src/model/verdict.ts';
import { isolated, refOf, row, SCTP, STRANGER, STRANGER6, UDP, type ContractStage } from './stage.ts';

export function itKnowsPortSets(stage: ContractStage): void {
  const { apply, ask, fresh, configure } = stage;

  it("gives strangers the stranger's port set", () => {
    const [ruleset, portSet, rows] = [fresh(), fresh(), [row(80), row(53, 16, 'allow', UDP)]];
    apply({ op: 'put-port-set', portSet: { id: portSet, rows } }, ...configure({ ingress: isolated(ruleset, refOf(portSet, rows)) }));
    expect([
      ask(STRANGER),
      ask(STRANGER, 81),
      ask(STRANGER, 53),
      ask(STRANGER, 53, UDP),
      ask(STRANGER6, 80),
      ask(STRANGER, 80, SCTP),
    ]).toEqual(['allow', 'deny', 'deny', 'allow', 'allow', 'deny']);
    apply({ op: 'delete-port-set', portSet: { id: portSet, rows } });
    expect([ask(STRANGER), ask(STRANGER, 53, UDP)]).toEqual(['deny', 'deny']);
  });

  it('takes the longest prefix of ports, whatever it says', () => {
    const [ruleset, portSet] = [fresh(), fresh()];
    const rows = [
      row(0, 0, 'would-deny'),
      row(0x8000, 1, 'allow'),
      row(0xff00, 8, 'deny'),
      row(0xff80, 9, 'allow'),
      row(0xffff, 16, 'deny'),
      row(0xfffe, 16, 'would-deny'),
    ];
    apply({ op: 'put-port-set', portSet: { id: portSet, rows } }, ...configure({ ingress: isolated(ruleset, refOf(portSet, rows)) }));
    const verdicts: readonly (readonly [number, Verdict])[] = [
      [1, 'would-deny'],
      [0x7fff, 'would-deny'],
      [0x8000, 'allow'],
      [0xfeff, 'allow'],
      [0xff00, 'deny'],
      [0xff7f, 'deny'],
      [0xff80, 'allow'],
      [0xfffd, 'allow'],
      [0xfffe, 'would-deny'],
      [0xffff, 'deny'],
    ];
    for (const [port, verdict] of verdicts) expect(ask(STRANGER, port), `port ${port}`).toBe(verdict);
    expect(ask(STRANGER, 80, UDP)).toBe('deny');
  });

  it.each(Array.from({ length: 17 }, (_, length) => length))('knows port prefixes of %i bits', (length) => {
    const [ruleset, portSet] = [fresh(), fresh()];
    const port = length === 0 ? 0 : (0xaaaa >> (16 - length)) << (16 - length);
    const rows = [row(port, length)];
    apply({ op: 'put-port-set', portSet: { id: portSet, rows } }, ...configure({ ingress: isolated(ruleset, refOf(portSet, rows)) }));
    const last = port + (1 << (16 - length)) - 1;
    expect([ask(STRANGER, Math.max(port, 1)), ask(STRANGER, last)]).toEqual(['allow', 'allow']);
    if (port > 1) expect(ask(STRANGER, port - 1)).toBe('deny');
    if (last < 0xffff) expect(ask(STRANGER, last + 1)).toBe('deny');
  });
}
