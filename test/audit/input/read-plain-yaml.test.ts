/** The fast reader of YAML never says anything else than the one that has the last word. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readPlainYaml } from '../../../src/audit/input/read-plain-yaml.ts';
import { readYaml } from '../../../src/manifests/yaml-document.ts';

const sourceOf = (text: string) => ({ text, line: 1, column: 1 });

const MANIFEST = `---
# a comment
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: web
  labels: { app: web, "a.b/c": 'd e', empty: "" }
  annotations:
    text: |-
      first

        second
    folded: >
      one
      two
  creationTimestamp: "2026-01-01T00:00:00Z"
spec:
  podSelector: {} # all
  policyTypes: [Ingress, 'Egress']
  ingress:
    - from:
        - ipBlock: {cidr: 10.0.0.0/8, except: ["10.1.0.0/16"]}
        -
          namespaceSelector:
            matchLabels:
              team: a
      ports:
      - port: 80
        endPort: 90
      - protocol: TCP
        port: http
  egress:
    - {}
    - to: ~
      weight: -1.5e3
      on: true
      said: a long text
        over two lines
`;

/** What the mutations are made of: every sign of YAML, and lines as manifests have them. */
const PIECES = [
  ...' \n:-"\'#|>{}[],~%@`&*!?\\/.0179aé\t\r'.split(''),
  ...[
    '  ',
    '\n\n',
    ': ',
    '- ',
    ' # x',
    '\n  ',
    '\n    ',
    '\r\n',
    '"x": ',
    '|-',
    '>+',
    '|2',
    '---',
    '--- ',
    '...',
    '010',
    '0x1F',
    '1e3',
    '<<: ',
  ],
  ...[
    'null',
    'true',
    'Null',
    '.inf',
    '1_000',
    'on',
    'No',
    '0b1',
    '2026-01-01',
    '{a: b}',
    '[a, b]',
    '? a',
    '!!str ',
    '&a ',
    '*a',
    '\u2028',
    '\ufeff',
    '😀',
  ],
];

interface Edit {
  readonly at: number;
  readonly cut: number;
  readonly piece: string;
}

const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.record({ at: fc.nat(MANIFEST.length), cut: fc.nat(4), piece: fc.oneof(fc.constant(''), fc.constantFrom(...PIECES)) }),
  { maxLength: 3 },
);

function edit(text: string, changes: readonly Edit[]): string {
  return changes.reduce((before, { at, cut, piece }) => before.slice(0, at) + piece + before.slice(at + cut), text);
}

/** Undefined where the fast one leaves the text to the other. */
function compare(text: string): { readonly fast: unknown; readonly sure: unknown } | undefined {
  const fast = readPlainYaml(sourceOf(text));
  if (fast === undefined) return undefined;
  const documents = readYaml(sourceOf(text));
  const [sure] = documents;
  if (sure?.type !== 'read') return { fast: fast.value ?? null, sure: sure === undefined ? null : sure.error.message };
  const isEmpty = sure.value === null;
  return {
    fast: { value: fast.value ?? null, place: isEmpty ? undefined : fast.place, count: 1 },
    sure: { value: sure.value, place: isEmpty ? undefined : sure.place, count: documents.length },
  };
}

describe('plain YAML', () => {
  it.each([
    ['a manifest', MANIFEST],
    ['without a marker', 'apiVersion: v1\nkind: Pod\n'],
    ['behind comments', '---\n# a\n\n  # b\n# c\n\na: b\n'],
    ['behind the marker itself', '--- {a: b}\n'],
    ['with CRLF', 'a: b\r\nc:\r\n  - d\r\n'],
    ['in one line', '{a: b, c: [1, 2]}'],
  ])('is read fast: %s', (_what, text) => {
    const both = compare(text);
    expect(both).toBeDefined();
    expect(both!.fast).toEqual(both!.sure);
  });

  it.each([
    ['an anchor', 'a: &a b\n'],
    ['an alias', 'a: [*a]\n'],
    ['a tag', 'a: !x b\n'],
    ['a merge', '<<: {a: b}\n'],
    ['a word that older YAML takes for a truth value', 'a: [Off]\n'],
    ['a number with lines between its digits', 'a: 1_0\n'],
    ['an octal number', 'a: 010\n'],
    ['a number as a key', '80: a\n'],
    ['nothing as a key', 'a: {~: b}\n'],
    ['a directive', '%YAML 1.1\n---\na: b\n'],
    ['two documents', 'a: b\n---\nc: d\n'],
    ['a tab', 'a:\tb\n'],
    ['a key that stands twice', 'a: b\na: c\n'],
    ['an error', 'a: [\n'],
    ['a List', 'kind: List\nitems: []\n'],
    ['deep nesting', '['.repeat(200) + ']'.repeat(200)],
  ])('with %s is left to the other reader', (_what, text) => {
    expect(readPlainYaml(sourceOf(text))).toBeUndefined();
  });

  it('is the same to both, however a manifest is spoilt', () => {
    let plain = 0;
    fc.assert(
      fc.property(edits, (changes) => {
        const both = compare(edit(MANIFEST, changes));
        if (both === undefined) return;
        plain += 1;
        expect(both.fast).toEqual(both.sure);
      }),
      { numRuns: 3000 },
    );
    expect(plain).toBeGreaterThan(300);
  });

  it('is the same to both, whatever the value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 2, 4), (value, indent) => {
        const both = compare(indent === 0 ? JSON.stringify({ a: value }) : stringify({ a: value }, { indent }));
        if (both !== undefined) expect(both.fast).toEqual(both.sure);
      }),
      { numRuns: 1000 },
    );
  });
});
