/** What is told of rules and policies that change nothing goes together: each may be taken out, and all of them. */

import { describe, expect, test } from 'vitest';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { REDUNDANCY } from '../../../src/audit/checks/redundancy.ts';
import { runChecks } from '../../../src/audit/run-checks.ts';
import { readText } from '../support/read-text.ts';

const POD = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: c, image: example/web }] }`;
const FROM_WEB = '{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 80 }] }';
const FROM_DB = '{ from: [{ podSelector: { matchLabels: { app: db } } }], ports: [{ port: 81 }] }';

const named = (name: string, ...rules: readonly string[]): string =>
  policyYaml(`podSelector: {}\ningress: [${rules.join(', ')}]`).replace('name: web,', `name: ${name},`);

async function find(...documents: readonly string[]): Promise<string[]> {
  const { findings } = runChecks(await readText(POD, ...documents), { catalogue: REDUNDANCY });
  return findings.map(({ check, at, message }) => `${check} ${at.object?.replace('NetworkPolicy ', '')} ${message}`);
}

describe('what changes nothing', () => {
  test('is a policy whose rules another one has, and not also the rules of that one', async () => {
    expect(await find(named('a', FROM_WEB), named('b', FROM_WEB, FROM_DB))).toEqual([
      'PN007 shop/a it changes nothing: shop/b isolates the same pods and allows all that it allows',
    ]);
  });

  test('is told once of a policy, and not again of each of its rules', async () => {
    expect(await find(named('a', FROM_WEB, FROM_DB), named('b', FROM_WEB))).toEqual([
      'PN007 shop/b it changes nothing: shop/a isolates the same pods and allows all that it allows',
    ]);
  });

  test('is a rule where its policy has others that count', async () => {
    expect(await find(named('a', FROM_WEB, '{ ports: [{ port: 443 }] }'), named('b', FROM_WEB, FROM_DB))).toEqual([
      expect.stringMatching(/^PN006 shop\/b its ingress rule 0 .* is covered by ingress\[0\] of shop\/a$/),
    ]);
  });

  test('is measured by policies that stay', async () => {
    const all = named('c', '{ from: [{ podSelector: {} }] }');
    expect(await find(named('a', FROM_WEB), named('b', FROM_WEB, FROM_DB), all)).toEqual([
      'PN007 shop/a it changes nothing: shop/c isolates the same pods and allows all that it allows',
      'PN007 shop/b it changes nothing: shop/c isolates the same pods and allows all that it allows',
    ]);
  });

  test('names those that are needed, and none that stands beside them', async () => {
    const ports = (first: number, last: number): string => `{ ports: [{ port: ${first}, endPort: ${last} }] }`;
    const beside = Array.from({ length: 40 }, (_, at) => ports(1000 + 10 * at, 1005 + 10 * at));
    const all = named('a', ...beside.slice(0, 17), ports(80, 90), ...beside.slice(17), ports(91, 99), ports(2000, 2001));
    expect(await find(all, named('b', ports(85, 95)), named('c', ports(1, 2), ports(85, 95)))).toEqual([
      'PN007 shop/b it changes nothing: shop/a isolates the same pods and allows all that it allows',
      expect.stringMatching(/^PN006 shop\/c its ingress rule 1 .* is covered by ingress\[17\] of shop\/a and ingress\[41\] of shop\/a$/),
    ]);
  });

  test('is a block that other blocks cover, each but for a hole of its own', async () => {
    const but = (hole: number): string => `{ from: [{ ipBlock: { cidr: 192.0.2.0/24, except: [192.0.2.${hole}/32] } }] }`;
    expect(await find(named('a', but(1), but(2), but(3)))).toEqual([
      expect.stringMatching(
        /^PN006 shop\/a its ingress rule 2 .* is covered by ingress\[0\] of this policy and ingress\[1\] of this policy$/,
      ),
    ]);
    expect(await find(named('a', but(1), '{ from: [{ ipBlock: { cidr: 192.0.2.0/25 } }] }'))).toEqual([]);
  });

  test('is not asked where too many rules meet on the same pods, and that is said', async () => {
    const rules = Array.from({ length: 2300 }, (_, at) => `{ ports: [{ port: ${1 + at} }] }`);
    const { findings, incomplete } = runChecks(await readText(POD, named('a', ...rules), named('b', rules[0]!)), { catalogue: REDUNDANCY });
    expect([findings, incomplete]).toEqual([
      [],
      ['too many rules meet on the same pods of namespace shop: no rule of it is called redundant'],
    ]);
  });
});
