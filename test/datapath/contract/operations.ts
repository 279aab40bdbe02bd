/** How operations must be applied: in order, as often as one likes, and many at once. */

import { expect, it } from 'vitest';
import { parseAddress, parsePrefix, type Address } from '../../../src/model/ip.ts';
import type { Operation } from '../../../src/model/plan.ts';
import { ALL, isolated, PEER, PEER6, refOf, row, type ContractStage } from './stage.ts';

export function itAppliesOperations(stage: ContractStage): void {
  const { apply, ask, fresh, configure } = stage;

  it('flips to a configuration only when the endpoint is set to it', () => {
    const [put, flip] = configure({ ingress: isolated(fresh()) }) as [Operation, Operation];
    apply(...configure({}));
    apply(put);
    expect(ask(PEER)).toBe('allow');
    apply(flip);
    expect(ask(PEER)).toBe('deny');
  });

  it('applies in order, also within one list', () => {
    const [ruleset, good, bad] = [fresh(), fresh(), fresh()];
    const put = (identity: number): Operation => ({ op: 'put-address', address: PEER, identity, ownNode: false });
    const remove: Operation = { op: 'delete-address', address: PEER };
    apply({ op: 'put-pair', ruleset, identity: good, ref: ALL }, ...configure({ ingress: isolated(ruleset) }));
    apply(put(bad), put(good));
    expect(ask(PEER)).toBe('allow');
    apply(put(good), remove, put(bad));
    expect(ask(PEER)).toBe('deny');
    apply(remove, put(good), remove);
    expect(ask(PEER)).toBe('deny');
    apply();
  });

  it('takes the same list twice, and deletions of what is not there', () => {
    const [ruleset, identity, portSet, rows] = [fresh(), fresh(), fresh(), [row(80)]];
    const list: readonly Operation[] = [
      { op: 'put-port-set', portSet: { id: portSet, rows } },
      { op: 'put-pair', ruleset, identity, ref: refOf(portSet, rows) },
      { op: 'put-address', address: PEER, identity, ownNode: false },
      { op: 'put-prefix', prefix: parsePrefix('198.51.100.0/24'), identity },
      ...configure({ ingress: isolated(ruleset) }),
    ];
    apply(...list);
    apply(...list);
    expect([ask(PEER), ask(PEER, 81), ask(parseAddress('198.51.100.7'))]).toEqual(['allow', 'deny', 'allow']);
    const removal: readonly Operation[] = [
      { op: 'delete-prefix', prefix: parsePrefix('198.51.100.0/24') },
      { op: 'delete-address', address: PEER },
      { op: 'delete-pair', ruleset, identity },
      { op: 'delete-port-set', portSet: { id: portSet, rows } },
      { op: 'delete-config', id: 77 },
      { op: 'sweep-flows', addresses: [PEER, PEER6] },
    ];
    apply(...removal);
    apply(...removal);
    expect([ask(PEER), ask(parseAddress('198.51.100.7'))]).toEqual(['deny', 'deny']);
  });

  it('takes ten thousand rows of each kind at once, and lets them go', () => {
    const count = 10_000;
    const [ruleset, portSet] = [fresh(), fresh()];
    const first = 1_000_000;
    const numbers = Array.from({ length: count }, (_, index) => index);
    const address = (index: number): Address => parseAddress('10.128.0.0') + BigInt(index);
    const prefix = (index: number) => ({ address: parseAddress('fd99::') + (BigInt(index) << 64n), length: 64 });
    const rows = numbers.map((index) => row(index + 1));
    apply(
      { op: 'put-port-set', portSet: { id: portSet, rows } },
      ...numbers.map((index): Operation => ({
        op: 'put-pair',
        ruleset,
        identity: first + index,
        ref: index % 2 === 0 ? ALL : refOf(portSet, rows),
      })),
      ...numbers.map((index): Operation => ({ op: 'put-address', address: address(index), identity: first + index, ownNode: false })),
      ...numbers.map((index): Operation => ({ op: 'put-prefix', prefix: prefix(index), identity: first + index })),
      ...configure({ ingress: isolated(ruleset) }),
    );
    for (const index of [0, 1, 2, 4999, 5000, 9998, 9999]) {
      const expected = index % 2 === 0 ? 'allow' : 'deny';
      expect([ask(address(index), 80), ask(address(index), 10_001)], `address ${index}`).toEqual(['allow', expected]);
      expect([ask(prefix(index).address + 1n, 10_000), ask(prefix(index).address, 10_001)], `prefix ${index}`).toEqual(['allow', expected]);
    }
    expect(ask(address(count))).toBe('deny');
    apply(
      ...numbers.map((index): Operation => ({ op: 'delete-prefix', prefix: prefix(index) })),
      ...numbers.map((index): Operation => ({ op: 'delete-address', address: address(index) })),
      ...numbers.map((index): Operation => ({ op: 'delete-pair', ruleset, identity: first + index })),
      { op: 'delete-port-set', portSet: { id: portSet, rows } },
    );
    for (const index of [0, 1, 5000, 9999])
      expect([ask(address(index)), ask(prefix(index).address)], `row ${index}`).toEqual(['deny', 'deny']);
  });

  it('keeps the generation that it is given', () => {
    expect(stage.datapath.generation).toBeGreaterThan(0);
    for (const generation of [7, 0xffff_fffe, 12]) {
      stage.datapath.storeGeneration(generation);
      expect(stage.datapath.generation).toBe(generation);
    }
  });
}
