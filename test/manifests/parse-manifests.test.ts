/** Manifests in: documents, lists, both syntaxes, and what its scalars mean. */

import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../src/manifests/parse-manifests.ts';
import { formatError } from '../../src/model/error.ts';
import { objectKey } from '../../src/model/objects.ts';

const FILE = 'shop.yaml';
const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop}\n`;
const keysOf = (text: string) => parseManifests(text, FILE).objects.map((object) => `${object.kind} ${objectKey(object)}`);
const problemsOf = (text: string) => parseManifests(text, FILE).problems.map(({ code, at }) => [code, at.line, at.column]);

describe('documents', () => {
  it.each<[string, string, readonly string[]]>([
    ['one', pod('a'), ['Pod shop/a']],
    ['several', `${pod('a')}---\n${pod('b')}`, ['Pod shop/a', 'Pod shop/b']],
    ['one after an opening marker', `---\n${pod('a')}`, ['Pod shop/a']],
    ['one on the marker line', '--- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n', ['Pod default/a']],
    ['several ended by ...', `${pod('a')}...\n${pod('b')}...\n`, ['Pod shop/a', 'Pod shop/b']],
    ['one with a directive', `%YAML 1.2\n---\n${pod('a')}`, ['Pod shop/a']],
    [
      'one with a byte order mark and Windows lines',
      `\ufeff${pod('a')}---\n${pod('b')}`.replaceAll('\n', '\r\n'),
      ['Pod shop/a', 'Pod shop/b'],
    ],
    ['none', '', []],
    ['only empty ones', '---\n# nothing\n---\n\n---\n', []],
    ['JSON', JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }), ['Pod default/a']],
    ['JSON with tabs', JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } }, null, '\t'), ['Pod default/a']],
    ['merge keys', 'base: &b {apiVersion: v1, kind: Pod}\n<<: *b\nmetadata: {name: a}\n', ['Pod default/a']],
    ['a marker inside a block text is none', `${pod('a')}data: |\n  ---\n  x\n`, ['Pod shop/a']],
  ])('%s', (_what, text, keys) => {
    expect(parseManifests(text, FILE).problems).toEqual([]);
    expect(keysOf(text)).toEqual(keys);
  });
});

describe('lists', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'a List in YAML',
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- {apiVersion: v1, kind: Node, metadata: {name: b}}\n',
      ['Pod default/a', 'Node b'],
    ],
    ['a List without items', 'apiVersion: v1\nkind: List\nitems: []\n', []],
    ['a List with null items', 'apiVersion: v1\nkind: List\nitems: null\n', []],
    ['a PodList, whose items name no kind', 'apiVersion: v1\nkind: PodList\nitems: [{metadata: {name: a}}]\n', ['Pod default/a']],
    [
      'a list of the API in JSON',
      JSON.stringify({ kind: 'NetworkPolicyList', apiVersion: 'networking.k8s.io/v1', metadata: {}, items: [{ metadata: { name: 'p' } }] }),
      ['NetworkPolicy default/p'],
    ],
    ['a list of kinds that nobody reads', 'apiVersion: apps/v1\nkind: DeploymentList\nitems: [{metadata: {name: a}}]\n', []],
    ['a custom kind that only sounds like a list', 'apiVersion: example.com/v1\nkind: BlockList\nmetadata: {name: a}\n', []],
  ])('%s', (_what, text, keys) => {
    expect(parseManifests(text, FILE).problems).toEqual([]);
    expect(keysOf(text)).toEqual(keys);
  });

  it('a bad item leaves the others, and is named with its own line', () => {
    const text = [
      'kind: List',
      'items:',
      '- apiVersion: v1',
      '  kind: Pod',
      '  metadata:',
      '    name: a',
      '    labels:',
      '      v: 1',
      '- apiVersion: v1',
      '  kind: Pod',
      '  metadata: {name: b}',
      '- 7',
      '- kind: List',
    ].join('\n');
    expect(keysOf(text)).toEqual(['Pod default/b']);
    expect(problemsOf(text)).toEqual([
      ['E_OBJECT_FIELD', 8, 7],
      ['E_OBJECT_KIND', 12, 3],
      ['E_OBJECT_KIND', 13, 3],
    ]);
  });

  it('items that are no list are an error', () => {
    expect(problemsOf('kind: List\nitems: {a: b}\n')).toEqual([['E_OBJECT_FIELD', 2, 1]]);
  });

  it('a bad item of a JSON list is named with its own line', () => {
    const items = [{ metadata: { name: 'a', note: '"}],{[\\' } }, { metadata: { name: 'b', labels: { v: 1 } } }];
    const text = JSON.stringify({ items, kind: 'PodList', apiVersion: 'v1' }, null, 2);
    const line = text.split('\n').findIndex((row) => row.includes('"v": 1')) + 1;
    expect(keysOf(text)).toEqual(['Pod default/a']);
    expect(problemsOf(text)).toEqual([['E_OBJECT_FIELD', line, 11]]);
  });
});

const labelOf = (value: string) => {
  const { objects, problems } = parseManifests(`apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {v: ${value}}}\n`, FILE);
  return objects[0]?.kind === 'Pod' ? objects[0].labels['v'] : problems[0]?.code;
};

describe('scalars', () => {
  it.each([
    ['"1"', '1'],
    ['1', 'E_OBJECT_FIELD'],
    ['0x1f', 'E_OBJECT_FIELD'],
    ['1e3', 'E_OBJECT_FIELD'],
    ['true', 'E_OBJECT_FIELD'],
    ['null', 'E_OBJECT_FIELD'],
    ['~', 'E_OBJECT_FIELD'],
    ['v1.2', 'v1.2'],
    ['2026-01-31', '2026-01-31'],
    ['007', '007'],
  ])('a label value of %s is %s', (value, expected) => {
    expect(labelOf(value)).toBe(expected);
  });

  it.each(['on', 'Off', 'yes', 'NO', 'y', 'N', '1_0', '0b101', '0x_1f'])(
    'a label value of %s is none: kubectl takes it for no text',
    (value) => {
      expect(labelOf(value)).toBe('E_OBJECT_FIELD');
    },
  );

  it.each(['oN', 'yEs', 'nope', '1_a', '"on"', '"1_0"'])('a label value of %s is a text', (value) => {
    expect(labelOf(value)).toBe(value.replaceAll('"', ''));
  });

  it('a port with a leading zero is refused: YAML 1.1 reads another number than YAML 1.2', () => {
    const text = `${pod('a')}spec: {containers: [{ports: [{containerPort: 0100}]}]}\n`;
    expect(problemsOf(text)).toEqual([['E_OBJECT_FIELD', 4, 31]]);
  });

  it('a flag may be said by any word that kubectl takes for it, and a port with a line between its digits', () => {
    const text = `${pod('a')}spec: {hostNetwork: yes, containers: [{ports: [{containerPort: 8_0}]}]}\n`;
    expect(parseManifests(text, FILE).objects[0]).toMatchObject({ hostNetwork: true, ports: [{ port: 80 }] });
  });

  it('a label that looks like a prototype is a label', () => {
    const text = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "labels": {"constructor": "x"}}}';
    expect(parseManifests(text, FILE).objects[0]).toMatchObject({ labels: { constructor: 'x' } });
  });
});

describe('two documents for one object', () => {
  it('are a problem that names both places, and the first holds', () => {
    const policy = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\n';
    const { objects, problems, policiesComplete } = parseManifests(`${policy}spec: 1\n---\n# again\n${policy}spec: 2\n`, FILE);
    expect(objects).toMatchObject([{ spec: 1 }]);
    expect(problems.map(formatError)).toEqual([
      'shop.yaml:7: NetworkPolicy default/a: it already stands in shop.yaml:1; this one is ignored (delete one of the two) [E_MANIFEST_DUPLICATE]',
    ]);
    expect(policiesComplete).toBe(true);
  });

  it('are none where kind or namespace differ', () => {
    const text = `${pod('a')}---\n${pod('a').replace('Pod', 'Service')}---\n${pod('a').replace('shop', 'other')}`;
    expect(parseManifests(text, FILE).problems).toEqual([]);
    expect(keysOf(text)).toHaveLength(3);
  });
});

it('Kinds that Postern does not read are passed over, and listed', () => {
  const text = `${pod('a')}---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n---\napiVersion: projectcalico.org/v3\nkind: NetworkPolicy\nmetadata: {name: b}\n`;
  expect(parseManifests(text, FILE).skipped).toEqual([
    { apiVersion: 'apps/v1', kind: 'Deployment', object: 'Deployment shop/web', at: { file: FILE, line: 5, column: 1 } },
    {
      apiVersion: 'projectcalico.org/v3',
      kind: 'NetworkPolicy',
      object: 'NetworkPolicy default/b',
      at: { file: FILE, line: 9, column: 1 },
    },
  ]);
});
