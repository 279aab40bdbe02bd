/** Files of assertions: what they may say, what they may not, and that the schema for editors says the same. */

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseTestFile } from '../../../src/audit/assertions/parse-test-file.ts';
import { formatError } from '../../../src/model/error.ts';

const NETWORKS = ['office', 'backbone'];

const problemsOf = (text: string): readonly string[] => parseTestFile(text, 't.yaml', NETWORKS).problems.map(formatError);

describe('a file of assertions', () => {
  it('says what is allowed, denied, isolated, and who else may', () => {
    const text = `assertions:
  - name: web reaches the database
    allow: { from: shop/web, to: { some: shop/sts/db }, port: [5432, http, 53/udp, 8000-8080/SCTP] }
  - name: the world does not
    deny: { from: { outside: 0.0.0.0/0 }, to: { each: { namespace: shop, kind: Job, mayBeEmpty: true } } }
  - name: nobody else
    to: shop/db
    port: 5432
    onlyFrom: [shop/web, { namespaceLabels: { team: a }, podLabels: { app: b }, matchExpressions: [{ key: c, operator: Exists }] }]
  - name: nowhere else
    from: shop/web
    onlyTo: [{ outside: office }]
  - name: closed
    isolated: both
    of: { namespace: shop }
`;
    const { assertions, problems } = parseTestFile(text, 't.yaml', NETWORKS);
    expect(problems).toEqual([]);
    const selection = {
      kind: 'selection',
      namespace: undefined,
      namespaceLabels: {},
      labels: {},
      expressions: [],
      workload: undefined,
      mayBeEmpty: false,
    };
    expect(assertions).toMatchObject([
      {
        kind: 'allow',
        name: 'web reaches the database',
        at: { file: 't.yaml', line: 2 },
        from: { quantifier: 'each', end: { kind: 'named', text: 'shop/web' } },
        to: { quantifier: 'some', end: { kind: 'named', text: 'shop/sts/db' } },
        ports: [
          { protocol: 'TCP', first: 5432, last: 5432 },
          { protocol: 'TCP', name: 'http' },
          { protocol: 'UDP', first: 53, last: 53 },
          { protocol: 'SCTP', first: 8000, last: 8080 },
        ],
      },
      {
        kind: 'deny',
        from: { quantifier: 'each', end: { kind: 'outside', text: '0.0.0.0/0' } },
        to: { quantifier: 'each', end: { ...selection, namespace: 'shop', workload: 'Job', mayBeEmpty: true } },
        ports: undefined,
      },
      {
        kind: 'onlyFrom',
        at: { line: 6 },
        own: { kind: 'named', text: 'shop/db' },
        peers: [
          { kind: 'named', text: 'shop/web' },
          {
            ...selection,
            namespaceLabels: { team: 'a' },
            labels: { app: 'b' },
            expressions: [{ key: 'c', operator: 'Exists', values: [] }],
          },
        ],
      },
      { kind: 'onlyTo', own: { kind: 'named', text: 'shop/web' }, peers: [{ kind: 'outside', text: 'office' }], ports: undefined },
      { kind: 'isolated', directions: ['ingress', 'egress'], of: { ...selection, namespace: 'shop' } },
    ]);
  });

  it.each([
    ['', 't.yaml:1: it asserts nothing (write a list of assertions below the key assertions) [E_TEST]'],
    ['assertions: []\n', 't.yaml:1: it asserts nothing (write a list of assertions below the key assertions) [E_TEST]'],
    ['asertions: []\n', 't.yaml:1: asertions: the key "asertions" is not known here (did you mean assertions?) [E_TEST]'],
    ['- name: a\n', 't.yaml:1: a list stands where a map is needed (write keys and values) [E_TEST]'],
    ['assertions: [\n', expect.stringMatching(/^t\.yaml:2: .*\[E_TEST\]$/)],
    [
      'assertions:\n  - name: a\n    isolated: both\n    of: {}\n---\nassertions: []\n',
      't.yaml:1: it is more than one document (write one, without "---") [E_TEST]',
    ],
    [
      'assertions:\n  - name: a\n    alow: {from: a, to: b}\n',
      't.yaml:3: assertions[0].alow: the key "alow" is not known here (did you mean allow?) [E_TEST]',
    ],
    [
      'assertions:\n  - name: a\n    allow:\n      from: a\n      to: b\n      ports: 80\n',
      't.yaml:6: assertions[0].allow.ports: the key "ports" is not known here (did you mean port?) [E_TEST]',
    ],
    [
      'assertions:\n  - name: a\n    allow:\n      from: a\n      to:\n        namepsace: shop\n',
      't.yaml:6: assertions[0].allow.to.namepsace: the key "namepsace" is not known here (did you mean namespace?) [E_TEST]',
    ],
    [
      'assertions:\n  - name: a\n    deny:\n      from: shop/web\n      to: shop/db:5432\n',
      't.yaml:5: assertions[0].deny.to: "shop/db:5432" has a port in it (write the port on its own, as port: 5432) [E_TEST]',
    ],
    [
      'assertions:\n  - name: a\n    isolated: both\n    of:\n      podLabels:\n',
      't.yaml:5: assertions[0].of.podLabels: it has no value (write one, or leave the key out) [E_TEST]',
    ],
    [
      'assertions:\n  - name: a\n    deny: {from: {outside: ofice}, to: b}\n',
      't.yaml:3: assertions[0].deny.from.outside: no network is called "ofice" (did you mean office?) [E_TEST]',
    ],
    [
      'assertions:\n  - name: a\n    deny: {from: a, to: b}\n  - name: a\n    deny: {from: b, to: a}\n',
      't.yaml:4: assertions[1].name: two assertions are called "a" (give each its own name) [E_TEST]',
    ],
    [
      'assertions:\n  - name: a\n    allow: {from: a, to: b}\n    deny: {from: b, to: a}\n',
      't.yaml:2: assertions[0]: it is allow and deny at once (write an assertion of its own for each) [E_TEST]',
    ],
    [
      'assertions:\n  - name: a\n    from: web\n    onlyTo: []\n    port: http\n',
      't.yaml:5: assertions[0].port: a name is each destination’s own port (give the port by its number) [E_TEST]',
    ],
  ])('may not say %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('is told all that is wrong with it', () => {
    expect(
      problemsOf('assertions:\n  - 1\n  - {name: a}\n  - {allow: {from: a, to: b}}\n  - {name: c, deny: {from: 1, to: 2}}\n'),
    ).toHaveLength(5);
  });

  it('may be JSON', () => {
    expect(problemsOf('{"assertions": [{"name": "a", "isolated": "both", "of": {}}]}')).toEqual([]);
  });
});

const assertion = (text: string): string => `assertions: [{name: a, ${text}}]`;
const to = (end: string): string => assertion(`allow: {from: a, to: ${end}}`);
const port = (value: string): string => assertion(`allow: {from: a, to: b, port: ${value}}`);

/** Each is right or wrong for both. */
const CORPUS: readonly (readonly [boolean, string])[] = [
  [false, ''],
  [false, '[]'],
  [false, 'assertions:'],
  [false, 'assertions: []'],
  [false, 'assertions: {}'],
  [false, 'assertions: [a]'],
  [false, 'assertions: [null]'],
  [false, 'assertions: [{name: a}]'],
  [false, 'assertions: [{name: a, isolated: both, of: b}], more: 1'],
  [false, `{${assertion('isolated: both, of: b')}, more: 1}`],
  [false, 'assertions: [{isolated: both, of: b}]'],
  [false, 'assertions: [{name: "", isolated: both, of: b}]'],
  [false, 'assertions: [{name: 7, isolated: both, of: b}]'],
  ...['ingress', 'egress', 'both'].map((word): [boolean, string] => [true, assertion(`isolated: ${word}, of: b`)]),
  ...['in', 'true', '', '[ingress]', 'toString'].map((word): [boolean, string] => [false, assertion(`isolated: ${word}, of: b`)]),
  [false, assertion('isolated: both')],
  [false, assertion('isolated: both, of: {outside: 10.0.0.0/8}')],
  [false, assertion('isolated: both, of: {some: b}')],
  [false, assertion('isolated: both, of: b, port: 80')],
  [false, assertion('isolated: both, of: b, allow: {from: a, to: b}')],
  [false, assertion('allow: ')],
  [false, assertion('allow: a')],
  [false, assertion('allow: {from: a}')],
  [false, assertion('allow: {to: a}')],
  [false, assertion('allow: {from: a, to: }')],
  [false, assertion('allow: {from: a, to: b}, port: 80')],
  [false, assertion('allow: {from: a, to: b, protocol: TCP}')],
  [true, assertion('deny: {from: a, to: b}')],
  [true, assertion('to: a, onlyFrom: []')],
  [true, assertion('to: a, port: http, onlyFrom: [b, {namespace: c}, {outside: 10.0.0.0/8}]')],
  [false, assertion('to: a, onlyFrom: ')],
  [false, assertion('to: a, onlyFrom: b')],
  [false, assertion('to: a, onlyFrom: [{some: b}]')],
  [false, assertion('to: {outside: 10.0.0.0/8}, onlyFrom: []')],
  [false, assertion('to: {each: a}, onlyFrom: []')],
  [false, assertion('from: a, onlyFrom: []')],
  [false, assertion('onlyFrom: []')],
  [true, assertion('from: a, port: [80, 53/UDP, 1-2], onlyTo: []')],
  [false, assertion('from: a, port: http, onlyTo: []')],
  [false, assertion('from: a, port: [80, http/UDP], onlyTo: []')],
  [false, assertion('to: a, onlyTo: []')],
  ...['b', '{}', '{each: b}', '{some: {}}', '{some: {outside: 10.0.0.0/8}}', '{outside: 10.0.0.0/8}', '{outside: 2001:db8::/32}'].map(
    (end): [boolean, string] => [true, to(end)],
  ),
  ...['{outside: 203.0.113.7}', '{outside: "2001:db8::1"}', '{outside: office}', '"2001:db8::1"', '203.0.113.7'].map(
    (end): [boolean, string] => [true, to(end)],
  ),
  ...['""', '" "', '7', '[]', '{each: {each: b}}', '{each: b, some: b}', '{some: b, namespace: c}', '{some: }', '{outside: }'].map(
    (end): [boolean, string] => [false, to(end)],
  ),
  ...['{outside: a b}', '{outside: [10.0.0.0/8]}', '{outside: 10.0.0.0/8, namespace: a}', '{outside: 10.0.0/8}', '{pods: a}'].map(
    (end): [boolean, string] => [false, to(end)],
  ),
  [true, to('{namespace: a, namespaceLabels: {b: c}, podLabels: {d: e}, kind: Deployment, mayBeEmpty: true}')],
  [true, to('{matchLabels: {d: ""}, mayBeEmpty: false}')],
  [false, to('{podLabels: {a: b}, matchLabels: {c: d}}')],
  [false, to('{namespace: A}')],
  [false, to('{namespace: }')],
  [false, to('{namespace: [a]}')],
  [false, to('{podLabels: {a: 1}}')],
  [false, to('{podLabels: {a: }}')],
  [false, to('{podLabels: {"": a}}')],
  [false, to('{podLabels: [a]}')],
  [false, to('{podLabels: }')],
  [false, to('{kind: Service}')],
  [false, to('{kind: deployment}')],
  [false, to('{mayBeEmpty: yes}')],
  [false, to('{mayBeEmpty: }')],
  [true, to('{matchExpressions: []}')],
  [true, to('{matchExpressions: [{key: a, operator: In, values: [b]}, {key: a, operator: DoesNotExist}]}')],
  [true, to('{matchExpressions: [{key: a, operator: Exists, values: []}]}')],
  [false, to('{matchExpressions: [{key: a, operator: In}]}')],
  [false, to('{matchExpressions: [{key: a, operator: In, values: []}]}')],
  [false, to('{matchExpressions: [{key: a, operator: Exists, values: [b]}]}')],
  [false, to('{matchExpressions: [{key: a, operator: Equals, values: [b]}]}')],
  [false, to('{matchExpressions: [{operator: Exists}]}')],
  [false, to('{matchExpressions: [{key: a, operator: In, values: [1]}]}')],
  [false, to('{matchExpressions: [{key: a, operator: Exists, value: b}]}')],
  [false, to('{matchExpressions: [null]}')],
  [false, to('{matchExpressions: }')],
  ...['1', '65535', '"80"', '80/TCP', '53/udp', '8000-8080', '8000-8080/SCTP', 'http', 'http/UDP', 'a-1', '[80, http]'].map(
    (value): [boolean, string] => [true, port(value)],
  ),
  ...['0', '65536', '-1', '1.5', 'true', '', '[]', '{}', 'HTTP', '80/ICMP', '80/Tcp', 'a--b', '-a', 'a-', 'sixteen-letters-', 'UDP'].map(
    (value): [boolean, string] => [false, port(value)],
  ),
  ...['[80, 0]', '[[80]]', '"80 "', '80/', '/TCP', '123456', '"80,81"'].map((value): [boolean, string] => [false, port(value)]),
];

/** What only the parser can know. */
const BEYOND: readonly string[] = [
  to('a:80'),
  to('{outside: home}'),
  to('{outside: 10.0.0.0/33}'),
  to('{outside: 300.0.0.1}'),
  port('"70000"'),
  port('9-8'),
  port('"0"'),
  'assertions: [{name: a, isolated: both, of: b}, {name: a, isolated: both, of: c}]',
];

describe('the schema for editors', () => {
  const schema = JSON.parse(readFileSync(new URL('../../../schemas/audit-test.schema.json', import.meta.url), 'utf8')) as object;
  const isValid = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
  const judge = (text: string): boolean => {
    try {
      return isValid(parse(text));
    } catch {
      return false;
    }
  };

  it.each(CORPUS)('and the parser say %s of %j', (right, text) => {
    expect({ schema: judge(text), parser: problemsOf(text).length === 0 }).toEqual({ schema: right, parser: right });
  });

  it.each(BEYOND)('lets through what only the parser can know: %s', (text) => {
    expect({ schema: judge(text), parser: problemsOf(text).length === 0 }).toEqual({ schema: true, parser: false });
  });
});
