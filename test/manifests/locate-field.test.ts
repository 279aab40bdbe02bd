/** A policy can say where its fields stand, in every way in which it can be written. */

import { describe, expect, it } from 'vitest';
import { parseFieldPath } from '../../src/manifests/locate-field.ts';
import { parseManifests } from '../../src/manifests/parse-manifests.ts';
import type { NetworkPolicyObject } from '../../src/model/objects.ts';

const policiesOf = (text: string) => parseManifests(text, 'p.yaml').objects as readonly NetworkPolicyObject[];

const lines = (text: string, shift: string) =>
  text
    .split('\n')
    .map((line) => (line === '' ? line : shift + line))
    .join('\n');

const POLICY = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: a
  labels: {"a.b/c": d}
spec:
  podSelector: {}
  ingress:
    - from:
        - podSelector: {}
        # the outside
        - ipBlock:
            cidr: 10.0.0.0/8
      ports: [{port: 80}, {port: 81}]
    - {}
`;

/** Field, and its line and column in POLICY. */
const PLACES: readonly (readonly [string, number, number])[] = [
  ['', 1, 1],
  ['spec', 6, 1],
  ['spec.podSelector', 7, 3],
  ['spec.ingress', 8, 3],
  ['spec.ingress[0]', 9, 7],
  ['spec.ingress[0].from[1].ipBlock.cidr', 13, 13],
  ['spec.ingress[0].ports[1].port', 14, 28],
  ['spec.ingress[1]', 15, 7],
  ['metadata.labels["a.b/c"]', 5, 12],
];

/** What is not there is found at its nearest ancestor. */
const MISSING: readonly (readonly [string, number, number])[] = [
  ['spec.egress[0].to', 6, 1],
  ['spec.ingress[0].from[1].ipBlock.except[2]', 12, 11],
  ['spec.ingress[0].from[7]', 9, 7],
  ['spec.ingress.name', 8, 3],
  ['metadata.labels.a.b/c', 5, 3],
  ['nonsense', 1, 1],
  ['spec.ingress["', 8, 3],
];

describe('the place of a field', () => {
  it.each([...PLACES, ...MISSING])('%s', (field, line, column) => {
    expect(policiesOf(POLICY)[0]?.locate?.(field)).toEqual({ file: 'p.yaml', line, column, field });
  });

  it.each(PLACES)('in a later document: %s', (field, line, column) => {
    const above = '# a comment\n---\nkind: Other\n---\n';
    expect(policiesOf(above + POLICY)[0]?.locate?.(field)).toMatchObject({ line: line + 4, column });
  });

  it.each(PLACES)('as an item of a List: %s', (field, line, column) => {
    const text = `kind: List\nitems:\n${lines(POLICY, '    ').replace('    ', '  - ')}`;
    expect(policiesOf(text)[0]?.locate?.(field)).toMatchObject({ line: line + 2, column: column + 4 });
  });

  it.each(PLACES)('in a document that ... ends: %s', (field, line, column) => {
    expect(policiesOf(`kind: Other\n...\n${POLICY}...\n`)[0]?.locate?.(field)).toMatchObject({ line: line + 2, column });
  });

  it('in JSON, alone or in a list', () => {
    const policy = { metadata: { name: 'a' }, spec: { ingress: [{}, { from: [{ podSelector: { matchLabels: { 'a.b/c': 'd' } } }] }] } };
    const list = { kind: 'NetworkPolicyList', apiVersion: 'networking.k8s.io/v1', items: [{ metadata: { name: 'b' } }, policy] };
    for (const indent of [2, '\t']) {
      const text = JSON.stringify(list, null, indent);
      const line = text.split('\n').findIndex((row) => row.includes('a.b/c')) + 1;
      const [, found] = policiesOf(text);
      expect(found?.locate?.('spec.ingress[1].from[0].podSelector.matchLabels["a.b/c"]')).toMatchObject({ line });
    }
    const alone = JSON.stringify({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', ...policy });
    expect(policiesOf(alone)[0]?.locate?.('spec.ingress[1].from')).toMatchObject({ line: 1, column: alone.indexOf('"from"') + 1 });
  });

  it('through an alias is where the anchor is, or where the alias is if the anchor stands outside', () => {
    const aliased = `${POLICY.slice(0, POLICY.indexOf('spec:'))}x: &rule\n  from: []\nspec:\n  ingress:\n  - *rule\n`;
    expect(policiesOf(aliased)[0]?.locate?.('spec.ingress[0].from')).toMatchObject({ line: 7, column: 3 });
    const outside = `kind: List\nx: &spec {ingress: []}\nitems:\n- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {name: a}\n  spec: *spec\n`;
    expect(policiesOf(outside)[0]?.locate?.('spec.ingress')).toMatchObject({ line: 7, column: 3 });
  });
});

it.each<[string, readonly (string | number)[]]>([
  ['a.b', ['a', 'b']],
  ['a[0][1].b', ['a', 0, 1, 'b']],
  ['a["b.c/d"].e', ['a', 'b.c/d', 'e']],
  ['a["quo\\"te"]', ['a', 'quo"te']],
  ['', []],
])('the path %s has the steps %j', (path, steps) => {
  expect(parseFieldPath(path)).toEqual(steps);
});
