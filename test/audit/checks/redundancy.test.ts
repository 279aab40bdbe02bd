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
});
