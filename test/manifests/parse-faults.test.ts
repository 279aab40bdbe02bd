/** Bad manifests: each fault is named with its place and its mend, and what stands beside it is read. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifests } from '../../src/manifests/parse-manifests.ts';
import { formatError, PosternError } from '../../src/model/error.ts';
import { objectKey } from '../../src/model/objects.ts';

const FILE = 'shop.yaml';
const pod = (name: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: ${name}, namespace: shop}\n`;
const keysOf = (text: string) => parseManifests(text, FILE).objects.map((object) => `${object.kind} ${objectKey(object)}`);
const problemsOf = (text: string) => parseManifests(text, FILE).problems.map(({ code, at }) => [code, at.line, at.column]);

describe('a broken document', () => {
  it.each<[string, string, number, number]>([
    ['a key that stands twice', 'a: 1\nb: 2\na: 3\n', 3, 1],
    ['a key that stands twice, deeper', 'a:\n  b: 1\n  b: 2\n', 3, 3],
    ['a tab as indent', 'a:\n\tb: 1\n', 2, 1],
    ['an open quote, at its end', 'a: "b\n', 3, 1],
    ['an open list, at its end', 'a: [1, 2\n', 3, 1],
    ['a wrong indent', 'a:\n    b: 1\n  c: 2\n', 3, 1],
    ['an unknown tag', 'a: !secret b\n', 1, 4],
    ['a key that is a list', '? [a]\n: b\n', 1, 3],
    ['an unknown alias', 'a: *b\n', 1, 1],
    ['an alias to itself', 'a: &a [*a]\n', 1, 1],
    ['a JSON key that stands twice', '{"a": 1,\n "b": {"c": 1, "c": 2}}', 2, 16],
    ['a JSON key that stands twice, spelled otherwise', '{"a": 1,\n "\\u0061": 2}', 2, 2],
  ])('%s is a problem with its place, and the next document is read', (_what, text, line, column) => {
    const broken = `${pod('first')}---\n${text}\n---\n${pod('last')}`;
    expect(keysOf(broken)).toEqual(['Pod shop/first', 'Pod shop/last']);
    const { problems, policiesComplete } = parseManifests(broken, FILE);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ code: 'E_MANIFEST_SYNTAX', at: { file: FILE, line: line + 4, column } });
    expect(problems[0]?.mend).toBeTruthy();
    expect(policiesComplete).toBe(false);
  });

  it('full of aliases that multiply is refused at once', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `l${level}: &l${level} [${Array(9)
          .fill(level === 0 ? 'x' : `*l${level - 1}`)
          .join(', ')}]`,
    );
    const start = performance.now();
    expect(problemsOf(levels.join('\n'))).toEqual([['E_MANIFEST_SYNTAX', 1, 1]]);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it.each([
    ['flow YAML', '['.repeat(20_000)],
    ['block YAML', '- '.repeat(20_000)],
    ['JSON', '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)],
  ])('nested without end is refused: %s', (_what, text) => {
    expect(parseManifests(text, FILE).problems.map(({ code }) => code)).toEqual(['E_MANIFEST_SYNTAX']);
  });

  it('says whether a NetworkPolicy is lost with it', () => {
    expect(parseManifests('kind: NetworkPolicy\nkind: x\n', FILE).problems[0]?.message).toContain(
      'the NetworkPolicy in this document is not read',
    );
    expect(parseManifests('a: 1\na: 2\n', FILE).problems[0]?.message).toContain('if a NetworkPolicy stands in this document');
  });
});

describe('an unreadable object', () => {
  const policy = 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: open\n  namespace: shop\n';

  it.each<[string, string, string, boolean]>([
    ['a Pod', 'apiVersion: v1\nkind: Pod\n', 'Pod without a name: metadata.name: the object has no name (', true],
    [
      'a NetworkPolicy',
      `${policy}  annotations: {a: 1}\n`,
      'NetworkPolicy shop/open: metadata.annotations["a"]: the number 1 stands where a text is needed; this NetworkPolicy is not read (',
      false,
    ],
    [
      'a NetworkPolicy of an old version',
      'apiVersion: extensions/v1beta1\nkind: NetworkPolicy\nmetadata: {name: a}\n',
      'this NetworkPolicy is not read (write apiVersion: networking.k8s.io/v1)',
      false,
    ],
    [
      'a misspelled NetworkPolicy',
      'apiVersion: networking.k8s.io/v1\nkind: networkPolicy\n',
      'this NetworkPolicy is not read (write NetworkPolicy)',
      false,
    ],
    ['something without a kind', 'metadata: {name: a}\n', 'if it is a NetworkPolicy, it is not read (', false],
    ['a text', 'hello\n', 'if it is a NetworkPolicy, it is not read (', false],
  ])('%s is a problem, and policies are complete or not', (_what, text, message, policiesComplete) => {
    const manifests = parseManifests(text, FILE);
    expect(manifests.problems).toHaveLength(1);
    expect(formatError(manifests.problems[0]!)).toContain(message);
    expect(manifests.policiesComplete).toBe(policiesComplete);
  });

  it('is told in one line, with file, line, object, field and mend', () => {
    const text = `${pod('first')}---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels:\n    version: 1.5\n`;
    expect(parseManifests(text, FILE).problems.map(formatError)).toEqual([
      'shop.yaml:10: Pod default/web: metadata.labels["version"]: the number 1.5 stands where a text is needed (put it in quotes: "1.5") [E_OBJECT_FIELD]',
    ]);
  });

  it('points at the nearest ancestor of a field that is missing', () => {
    const text = 'apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    ports:\n    - name: http\nmetadata:\n  name: web\n';
    expect(problemsOf(text)).toEqual([['E_OBJECT_FIELD', 7, 7]]);
  });

  it("may be a policy with a spec that means nothing: that is the compiler's to say", () => {
    const manifests = parseManifests(`${policy}spec: 7\n`, FILE);
    expect(manifests.problems).toEqual([]);
    expect(manifests.objects[0]).toMatchObject({ kind: 'NetworkPolicy', spec: 7 });
  });
});

const check = (text: string) => {
  for (const problem of parseManifests(text, FILE).problems) {
    expect(problem).toBeInstanceOf(PosternError);
    expect(problem.at.file).toBe(FILE);
    expect(problem.at.line).toBeGreaterThan(0);
    expect(problem.at.line).toBeLessThanOrEqual(text.split('\n').length);
    expect(problem.at.column).toBeGreaterThan(0);
  }
};

describe('No text makes the parser throw', () => {
  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => check(Buffer.from(bytes).toString('utf8'))),
      { numRuns: 500 },
    );
  });

  it('the characters of YAML', () => {
    const pieces = [
      'a',
      'kind: ',
      'Pod',
      'items:',
      'List',
      '"',
      "'",
      '\n',
      '  ',
      '- ',
      ': ',
      '---\n',
      '...\n',
      '&a ',
      '*a',
      '<<: ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '|',
      '>',
      '!',
      '%',
      '#',
      '\t',
      '\r',
      '? ',
      '1',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (list) => check(list.join(''))),
      { numRuns: 2000 },
    );
  });

  it('a good file with a piece cut out', () => {
    const good = `${pod('a')}---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata: {name: "x"}\n  spec:\n    podSelector: {}\n`;
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(40), (start, length) => check(good.slice(0, start) + good.slice(start + length))),
      { numRuns: 500 },
    );
  });
});
