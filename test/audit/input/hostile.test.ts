/** Broken, huge and hostile texts: each is a problem with its place, soon, and never more than that. */

import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readAuditInput } from '../../../src/audit/input/read-audit-input.ts';
import { podManifest, policyManifest, temporaryFolder } from '../../manifests/temporary-folder.ts';
import { codesOf, readStdin } from './input-support.ts';

const HEAD = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec:\n';
const GOOD = `---\n${podManifest('good')}`;
const MIB = 1 << 20;

const BOMB = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
  .map(
    (name, index, all) =>
      `  ${name}: &${name} [${Array(9)
        .fill(index === 0 ? 'x' : `*${all[index - 1]}`)
        .join(', ')}]\n`,
  )
  .join('');

/** Each is longer than a manifest, and asks for time or memory in a way of its own. */
const HOSTILE: Readonly<Record<string, () => string>> = {
  'a bomb of anchors': () => HEAD + BOMB,
  'a map inside itself': () => `${HEAD}  a: &a\n    b: *a\n`,
  'many anchors': () => `${HEAD}  a:\n${Array.from({ length: 20_000 }, (_, i) => `    - &a${i} 1\n    - *a${i}\n`).join('')}`,
  'many keys': () => `${HEAD}  a:\n${Array.from({ length: 300_000 }, (_, i) => `    k${i}: 1\n`).join('')}`,
  'a key that stands twice': () => `${HEAD}  podSelector: {}\n  podSelector: {a: b}\n`,
  'a key that stands twice in JSON': () => '{"apiVersion": "v1", "kind": "Pod", "kind": "Pod"}',
  'brackets that open': () => `${HEAD}  a: ${'['.repeat(2 * MIB)}`,
  'few brackets that open': () => `${HEAD}  a: ${'['.repeat(8000)}`,
  'lists in lists': () => `${HEAD}  a:\n    ${'- '.repeat(MIB)}1\n`,
  'maps in maps': () => `${HEAD}${Array.from({ length: 1500 }, (_, i) => `${' '.repeat(i + 1)}a:\n`).join('')}`,
  'JSON in JSON': () => `{"apiVersion":"v1","kind":"Pod","a":${'['.repeat(MIB)}${']'.repeat(MIB)}}`,
  'a word that never ends': () => `${HEAD}  a: ${'!'.repeat(4 * MIB)}`,
  'a quote that never ends': () => `${HEAD}  a: "${'x\n'.repeat(2 * MIB)}`,
  'NUL bytes': () => `${HEAD}  podSelector: {}\n\0\0\0`,
  'a long YAML document': () => `${HEAD}  a: |\n${`    ${'x'.repeat(995)}\n`.repeat(9000)}`,
  'many documents': () => `${HEAD}${'---\na: 1\n'.repeat(60_000)}`,
  'many objects': () =>
    `${HEAD}${'---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: &a a}\ndata:\n  a: |-\n'.concat(`    ${'x'.repeat(9000)}\n`).repeat(5000)}`,
  'half a List in JSON': () => `{"apiVersion":"v1","kind":"List","items":[${'{"kind":"Pod"},'.repeat(100_000)}`,
};

describe('hostile text', () => {
  it.each(Object.keys(HOSTILE))('%s is a problem with its line', async (name) => {
    const input = await readStdin(HOSTILE[name]!());
    expect(input.problems.length).toBeGreaterThan(0);
    expect(input.problems[0]!.at).toMatchObject({ file: '<stdin>', line: expect.any(Number) });
    expect(input.problems[0]!.message.length).toBeLessThan(600);
    expect(input.missing.map(({ kind }) => kind)).toContain('NetworkPolicy');
  });

  it.each(['a bomb of anchors', 'a key that stands twice', 'few brackets that open'])(
    '%s leaves the next document readable',
    async (name) => {
      const { objects } = await readStdin(`${HOSTILE[name]!()}\n${GOOD}`);
      expect(objects.map(({ object }) => object.name)).toEqual(['good']);
    },
  );

  it('tells the first of the keys that stand twice', async () => {
    expect(codesOf(await readStdin('apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n  labels: {a: b, c: d, a: e}\n  name: b\n'))).toEqual([
      'E_MANIFEST_SYNTAX:5',
    ]);
  });

  it('is a problem where its bytes are no UTF-8', async () => {
    const folder = temporaryFolder();
    writeFileSync(folder.at('latin.yaml'), Buffer.from(`${HEAD}  podSelector: {matchLabels: {a: é}}\n`, 'latin1'));
    writeFileSync(folder.at('wide.yaml'), Buffer.from(`\ufeff${HEAD}`, 'utf16le'));
    writeFileSync(folder.at('picture.yaml'), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]));
    const input = await readAuditInput([folder.path]);
    expect(input.problems.map(({ code, mend }) => [code, mend])).toEqual(
      Array.from({ length: 2 }, () => ['E_MANIFEST_SYNTAX', 'save it as UTF-8']),
    );
    expect(input.passedOver?.documents).toBe(1);
  });
});

describe('what is no file', () => {
  it.skipIf(process.platform === 'win32')('is read as far as any file: a device that never ends is a problem', async () => {
    const { problems } = await readAuditInput(['/dev/zero']);
    expect(problems.map(({ code, at }) => [code, at.file])).toEqual([['E_MANIFEST_SIZE', '/dev/zero']]);
  });
});

describe('messages', () => {
  it('say what would help: JSON is no help where brackets are too many', async () => {
    const { problems } = await readStdin(`{"apiVersion":"v1","kind":"Pod","a":${'['.repeat(MIB)}${']'.repeat(MIB)}}`);
    expect(problems[0]).toMatchObject({ message: expect.stringContaining('nested too deeply'), mend: 'write it flatter' });
  });

  it('are short, whatever an object is called', async () => {
    const { problems } = await readStdin(podManifest('a').replace('name: a', `name: ${'A'.repeat(MIB)}`));
    expect(problems[0]!.at.object).toMatch(/^Pod \w+\/A{60}…$/);
  });
});

describe('unusual text', () => {
  it.each([
    ['a byte order mark', `\ufeff${podManifest('a')}`],
    ['CRLF', podManifest('a').replaceAll('\n', '\r\n')],
    ['comments alone before it', `# one\n---\n# two\n---\n${podManifest('a')}`],
    ['a directive', `%YAML 1.2\n---\n${podManifest('a')}`],
    ['an end mark', `${podManifest('a')}...\n`],
  ])('with %s is read', async (_what, text) => {
    const { objects, problems } = await readStdin(text);
    expect([objects.length, problems]).toEqual([1, []]);
  });
});

describe('JSON texts, one behind the other', () => {
  const pod = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, annotations: { brackets: '}{', lines: '}\n{' } } });

  it.each([0, 2])('are read all, with their places, with an indent of %d', async (indent) => {
    const texts = [{ kind: 'List', apiVersion: 'v1', items: [pod('a'), pod('b')] }, pod('c'), pod('d')];
    const text = `\n${texts.map((one) => JSON.stringify(one, null, indent)).join('\n')}\n`;
    const { objects, problems } = await readStdin(text);
    expect(problems).toEqual([]);
    expect(objects.map(({ object }) => object.name)).toEqual(['a', 'b', 'c', 'd']);
    const lines = text.split('\n');
    for (const { object, at } of objects) {
      expect(lines[at.line! - 1]!.slice(at.column! - 1)).toMatch(/^\{/);
      expect(
        lines
          .slice(at.line! - 1)
          .join('\n')
          .slice(at.column! - 1)
          .indexOf(`"name"`),
      ).toBeLessThan(100);
      expect(lines.slice(at.line! - 1).join('')).toContain(object.name);
    }
    expect(new Set(objects.map(({ at }) => `${at.line}:${at.column}`)).size).toBe(4);
  });
});

describe('a List', () => {
  const pods = Array.from({ length: 2000 }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${index}`, labels: { app: `app-${index}` }, annotations: { text: 'x'.repeat(100) } },
  }));
  const json = (indent: number) => JSON.stringify({ apiVersion: 'v1', items: pods, kind: 'List', metadata: {} }, null, indent);
  const yaml = (indent: string) =>
    `apiVersion: v1\nitems:\n${pods
      .map(({ metadata: { name, labels, annotations } }) =>
        [
          '- apiVersion: v1',
          '  kind: Pod',
          `# a comment`,
          `  metadata:`,
          `    name: ${name}`,
          `    labels: {app: ${labels.app}}`,
          `    annotations:`,
          `      text: |-`,
          `        - apiVersion: v1`,
          '',
          `        ${annotations.text}`,
        ]
          .map((line) => (line.startsWith('#') ? line : indent + line))
          .join('\n'),
      )
      .join('\n')}\nkind: List\n`;

  it.each([
    ['JSON', json(0), 1],
    ['JSON as kubectl prints it', json(4), 4 + 1999 * 13],
    ['YAML as kubectl prints it', yaml(''), 3 + 1999 * 11],
    ['YAML with indented items', yaml('  '), 3 + 1999 * 11],
  ])('that is long is read item by item, with the places of all, in %s', async (_how, text, line) => {
    const { objects, problems } = await readStdin(text);
    expect(problems).toEqual([]);
    expect(objects).toHaveLength(2000);
    expect(objects[1999]).toMatchObject({ object: { name: 'pod-1999', labels: { app: 'app-1999' } } });
    expect(objects[1999]!.at.line).toBe(line);
  });

  it.each([
    ['JSON', json(4).replace('"name": "pod-7"', '"name": 7'), 'E_OBJECT_FIELD:99'],
    ['YAML', yaml('').replace('name: pod-7\n', 'name: [\n'), 'E_MANIFEST_SYNTAX:'],
    ['YAML', yaml('').replace('name: pod-7\n', 'name: 7\n'), 'E_OBJECT_FIELD:84'],
  ])('in %s of which one item is wrong has one problem', async (_how, text, code) => {
    const input = await readStdin(text);
    expect(codesOf(input)[0]).toContain(code);
    expect(input.objects.length).toBe(1999);
  });

  it('with a policy has the places of its fields', async () => {
    const policy = policyManifest('p', 'ingress: [{}]').replaceAll('\n', '\n  ').trimEnd();
    const { objects } = await readStdin(yaml('').replace('items:\n', `items:\n- ${policy}\n`));
    const [first] = objects;
    expect(first!.object.kind === 'NetworkPolicy' && first!.object.locate?.('spec.ingress[0]')).toMatchObject({ line: 8, column: 15 });
  });

  it('of 10,000 pods and 50 MB is read', async () => {
    const filler = 'x'.repeat(4700);
    const items = Array.from({ length: 10_000 }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `pod-${index}`, namespace: 'shop', labels: { app: `app-${index % 500}` }, annotations: { text: filler } },
      spec: { containers: [{ ports: [{ containerPort: 80 }] }] },
    }));
    const text = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    expect(text.length).toBeGreaterThan(48_000_000);
    const { objects, workloads } = await readStdin(text);
    expect([objects.length, workloads.length]).toEqual([10_000, 10_000]);
  });
});
