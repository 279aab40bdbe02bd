/** Whole clusters as they are at one moment. */

import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Namespace, Node } from '../../../src/model/objects.ts';
import { namespace, node } from '../builders/objects.ts';
import type { World } from '../oracle/world.ts';
import { podShape, shapePod } from './pods.ts';
import { policyShape, shapePolicy } from './policies.ts';
import { labels } from './selectors.ts';
import { NAMESPACES, NODES, NODE_ADDRESSES } from './vocabulary.ts';

const keyOf = ({ namespace: ns, name }: { readonly namespace: string; readonly name: string }): string => `${ns}/${name}`;

/** A namespace that pods live in may be absent, as in manifests. */
const namespaces: Arbitrary<readonly Namespace[]> = fc.uniqueArray(
  fc.tuple(fc.constantFrom(...NAMESPACES), labels).map(([name, own]) => namespace(name, own)),
  { selector: ({ name }) => name, minLength: 1, maxLength: NAMESPACES.length },
);

export const nodes: readonly Node[] = NODES.map((name) => node(name, NODE_ADDRESSES[name] ?? []));

/** What somebody may write into a Node's annotation; only one of them breaks the glass. */
export const enforcementWord: Arbitrary<string | undefined> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('off') },
  { weight: 4, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constantFrom('on', 'Off', 'false', '') },
);

/** The node as it is once that is written. */
export function annotateNode(name: string, word: string | undefined): Node {
  return node(name, NODE_ADDRESSES[name] ?? [], word === undefined ? {} : { 'postern.dev/enforcement': word });
}

export const excludedNamespaces: Arbitrary<readonly string[]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.subarray([...NAMESPACES]) },
);

/** Pods are listed in the order in which they started; two may have one address, and then the later one owns it. */
export const world: Arbitrary<World> = fc.record({
  pods: fc
    .uniqueArray(podShape, { selector: keyOf, maxLength: 10, size: 'max' })
    .map((shapes) => shapes.map((shape, index) => shapePod(shape, index + 1))),
  namespaces,
  nodes: fc.constant(nodes),
  policies: fc
    .uniqueArray(policyShape, { selector: keyOf, maxLength: 7, size: 'max' })
    .map((shapes) => shapes.map((shape, index) => shapePolicy(shape, index + 1))),
});
