/** The configuration file: what it may say, what it may not, and that the schema for editors says the same. */

import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../../src/audit/config/parse-config.ts';
import { formatError } from '../../../src/model/error.ts';

const CHECKS = ['PN001', 'PN002', 'PN003'];

const problemsOf = (text: string): readonly string[] => parseConfig(text, 'c.yaml', CHECKS).problems.map(formatError);

describe('a configuration', () => {
  it('says severities, ignores, networks and CIDRs', () => {
    const text = `severities:
  PN001: error
  PN002: off
ignores:
  - check: PN001
    object: Deployment shop/web-*
    namespace: shop
    reason: reached through the gateway alone
    expires: 2026-12-31
  - {check: PN003, object: "*", reason: no}
networks:
  office: [203.0.113.0/24, "2001:db8::/32"]
podCIDRs: [10.0.0.0/16]
serviceCIDRs: [10.96.0.0/12]
nodeCIDRs: [192.0.2.0/24]
`;
    expect(parseConfig(text, 'c.yaml', CHECKS)).toEqual({
      problems: [],
      config: {
        severities: { PN001: 'error', PN002: 'off' },
        ignores: [
          {
            check: 'PN001',
            object: 'Deployment shop/web-*',
            namespace: 'shop',
            reason: 'reached through the gateway alone',
            expires: '2026-12-31',
            at: { file: 'c.yaml', line: 5, column: 5, field: 'ignores[0]' },
          },
          { check: 'PN003', object: '*', reason: 'no', at: { file: 'c.yaml', line: 10, column: 5, field: 'ignores[1]' } },
        ],
        networks: [{ name: 'office', cidrs: ['203.0.113.0/24', '2001:db8::/32'] }],
        podCIDRs: ['10.0.0.0/16'],
        serviceCIDRs: ['10.96.0.0/12'],
        nodeCIDRs: ['192.0.2.0/24'],
      },
    });
  });

  it.each(['', '# nothing yet\n', 'severities:\n', '{}', '---\npodCIDRs: []\n', '\ufeffpodCIDRs: []\r\n'])(
    'may say nothing: %j',
    (text) => {
      expect(problemsOf(text)).toEqual([]);
    },
  );

  it.each([
    ['severity: {}\n', 'c.yaml:1: severity: the key "severity" is not known here (did you mean severities?) [E_CONFIG]'],
    ['\n\npodCidrs: []\n', 'c.yaml:3: podCidrs: the key "podCidrs" is not known here (did you mean podCIDRs?) [E_CONFIG]'],
    ['severities:\n  PN01: off\n', 'c.yaml:2: severities.PN01: there is no check "PN01" (did you mean PN001?) [E_CONFIG]'],
    [
      'severities:\n  PN001: fatal\n',
      'c.yaml:2: severities.PN001: "fatal" is no severity (write one of error, warning, note, off) [E_CONFIG]',
    ],
    [
      'ignores:\n  - check: PN001\n    object: a\n    reason: b\n    expiry: 2026-01-01\n',
      'c.yaml:5: ignores[0].expiry: the key "expiry" is not known here (did you mean expires?) [E_CONFIG]',
    ],
    [
      'ignores:\n  - check: PN001\n    object: a\n',
      'c.yaml:2: ignores[0]: it has no reason (say why it may be ignored: who reads it later will ask) [E_CONFIG]',
    ],
    [
      'ignores:\n  - {check: PN001, object: a, reason: b, expires: 2026-02-30}\n',
      'c.yaml:2: ignores[0].expires: "2026-02-30" is no day (write a day, such as 2026-12-31) [E_CONFIG]',
    ],
    ['networks:\n  home:\n    - 10.0.0.0/33\n', expect.stringMatching(/^c\.yaml:3: networks\.home\[0\]: .*10\.0\.0\.0\/33/)],
    ['- a\n', 'c.yaml:1: a list stands where a map is needed (write keys and values) [E_CONFIG]'],
    ['a: [\n', expect.stringMatching(/^c\.yaml:2: .*\[E_CONFIG\]$/)],
    ['podCIDRs: []\npodCIDRs: []\n', 'c.yaml:2: a key stands twice in one map (keep one of the two) [E_CONFIG]'],
    ['podCIDRs: []\n---\npodCIDRs: []\n', 'c.yaml:1: it is more than one document (write one, without "---") [E_CONFIG]'],
  ])('may not say %j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('is told all that is wrong with it', () => {
    expect(problemsOf('a: 1\nseverities: 2\nignores: 3\nnetworks: 4\nnodeCIDRs: 5\n')).toHaveLength(5);
  });
});

const IGNORE = 'check: PN001, object: a, reason: b';

/** Each is right or wrong for both. */
const CORPUS: readonly (readonly [boolean, string])[] = [
  [true, 'severities: {PN001: error, PN002: warning, PN003: note}'],
  [true, 'severities: {PN001: off}'],
  [true, 'severities:'],
  [false, 'severities: {PN001: false}'],
  [false, 'severities: {PN001: }'],
  [false, 'severities: {pn001: off}'],
  [false, 'severities: [PN001]'],
  [false, 'severities: off'],
  [true, `ignores: [{${IGNORE}}]`],
  [true, `ignores: [{${IGNORE}, namespace: shop, expires: 2026-02-28}]`],
  [true, `ignores: [{${IGNORE}, namespace: , expires: }]`],
  [true, 'ignores:'],
  [false, `ignores: {${IGNORE}}`],
  [false, 'ignores: [a]'],
  [false, 'ignores: [null]'],
  [false, 'ignores: [{object: a, reason: b}]'],
  [false, 'ignores: [{check: PN001, reason: b}]'],
  [false, 'ignores: [{check: PN001, object: a}]'],
  [false, 'ignores: [{check: PN001, object: a, reason: ""}]'],
  [false, 'ignores: [{check: PN001, object: a, reason: "  "}]'],
  [false, 'ignores: [{check: PN001, object: a, reason: 7}]'],
  [false, 'ignores: [{check: 1, object: a, reason: b}]'],
  [false, `ignores: [{${IGNORE}, until: 2026-01-01}]`],
  [false, `ignores: [{${IGNORE}, expires: 2026-1-1}]`],
  [false, `ignores: [{${IGNORE}, expires: 2026-13-01}]`],
  [false, `ignores: [{${IGNORE}, expires: tomorrow}]`],
  [false, `ignores: [{${IGNORE}, namespace: Shop}]`],
  ...['*', 'web', 'shop/*', 'Deployment shop/web', 'Deployment *', '* shop/*', 'kube-*/coredns-*', 'a.b/c.d'].map(
    (object): [boolean, string] => [true, `ignores: [{check: PN001, object: "${object}", reason: b}]`],
  ),
  ...['', ' ', 'Deployment', 'a/b/c', 'a b c/d', 'Deployment shop/Web', 'a/', 'Deployment  a'].map((object): [boolean, string] => [
    false,
    `ignores: [{check: PN001, object: "${object}", reason: b}]`,
  ]),
  [true, 'networks: {office: [10.0.0.0/8], Home.1_a: ["::/0", "2001:db8::/32"]}'],
  [false, 'networks: {office: []}'],
  [false, 'networks: {office: }'],
  [false, 'networks: {office: 10.0.0.0/8}'],
  [false, 'networks: {office: [10.0.0.1]}'],
  [false, 'networks: {office: [10]}'],
  [false, 'networks: {"a b": [10.0.0.0/8]}'],
  [false, 'networks: [10.0.0.0/8]'],
  [true, 'podCIDRs: [10.0.0.0/16, "fd00::/48"]'],
  [true, 'serviceCIDRs: '],
  [false, 'nodeCIDRs: 192.0.2.0/24'],
  [false, 'nodeCIDRs: [node]'],
  [false, 'pods: []'],
  [false, '- a'],
  [false, 'text'],
  [true, ''],
];

/** What only the parser can know. */
const BEYOND: readonly string[] = [
  'severities: {PN999: off}',
  `ignores: [{${IGNORE}, expires: 2026-02-30}]`,
  'podCIDRs: [10.0.0.0/33]',
  'podCIDRs: [300.0.0.0/8]',
];

describe('the schema for editors', () => {
  const schema = JSON.parse(readFileSync(new URL('../../../schemas/postern-config.schema.json', import.meta.url), 'utf8')) as object;
  const isValid = new Ajv({ strict: true, allowUnionTypes: true, strictTypes: false }).compile(schema);

  it.each(CORPUS)('and the parser say %s of %j', (right, text) => {
    expect({ schema: isValid(parse(text)), parser: problemsOf(text).length === 0 }).toEqual({ schema: right, parser: right });
  });

  it.each(BEYOND)('lets through what only the parser can know: %s', (text) => {
    expect({ schema: isValid(parse(text)), parser: problemsOf(text).length === 0 }).toEqual({ schema: true, parser: false });
  });
});
