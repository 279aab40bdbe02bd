/** What an index finds is what asking each one finds, in the same order. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SelectorIndex } from '../../../src/audit/model/selector-index.ts';
import type { LabelSelector, Labels } from '../../../src/model/labels.ts';
import { makePeerList, selectsPod, type PodPeer } from '../../../src/policy/peer-list.ts';
import { matchesSelector } from '../../../src/policy/selector.ts';

interface One {
  readonly namespace: string;
  readonly labels: Labels;
}

const NAMESPACES: Readonly<Record<string, Labels>> = { shop: { team: 'a' }, bank: { team: 'b' }, mail: { team: 'a', old: '' } };
const key = fc.constantFrom('app', 'tier', 'old');
const value = fc.constantFrom('', 'web', 'db', 'a', 'b');
const namespace = fc.constantFrom(...Object.keys(NAMESPACES), 'none');
const labels: fc.Arbitrary<Labels> = fc.dictionary(key, value, { noNullPrototype: true });
const expression = fc.oneof(
  fc.record({ key, operator: fc.constantFrom('In' as const, 'NotIn' as const), values: fc.array(value, { minLength: 1, maxLength: 4 }) }),
  fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
);
const selector: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: fc.oneof(fc.constant({}), labels),
  matchExpressions: fc.array(expression, { maxLength: 2 }),
});
const peer: fc.Arbitrary<PodPeer> = fc.record({
  kind: fc.constant('pods' as const),
  pods: selector,
  namespaces: fc.oneof(
    namespace.map((name) => ({ name })),
    fc
      .record({ matchLabels: fc.dictionary(fc.constantFrom('team', 'old'), value, { noNullPrototype: true }) })
      .map((one) => ({ selector: one })),
  ),
});
const ones: fc.Arbitrary<One[]> = fc.array(fc.record({ namespace, labels }), { maxLength: 12 });

const labelsOf = (name: string): Labels => NAMESPACES[name] ?? {};
const indexOf = (items: readonly One[]): SelectorIndex<One> => new SelectorIndex(items, (one) => one, labelsOf);

describe('an index by labels', () => {
  it('finds in a namespace what a selector takes in', () => {
    fc.assert(
      fc.property(ones, namespace, selector, (items, name, asked) => {
        expect(indexOf(items).inNamespace(name, asked)).toEqual(
          items.filter((one) => one.namespace === name && matchesSelector(asked, one.labels)),
        );
      }),
    );
  });

  it('finds what one of several peers takes in, once', () => {
    fc.assert(
      fc.property(ones, fc.array(peer, { maxLength: 3 }), (items, peers) => {
        const list = makePeerList(peers);
        const index = indexOf(items);
        const expected = items.filter((one) => selectsPod(list, one.namespace, labelsOf(one.namespace), one.labels));
        expect(index.takenBy(peers)).toEqual(expected);
        expect(index.takenBy(peers)).toEqual(expected);
      }),
    );
  });

  it('finds nothing where there is nothing', () => {
    expect(indexOf([]).inNamespace('shop', {})).toEqual([]);
    expect(indexOf([{ namespace: 'shop', labels: {} }]).takenBy([])).toEqual([]);
  });
});
