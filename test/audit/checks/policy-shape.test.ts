import { describe, expect, test } from 'vitest';
import { POLICY_SHAPE } from '../../../src/audit/checks/policy-shape.ts';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { runChecks } from '../../../src/audit/run-checks.ts';
import { readText } from '../support/read-text.ts';

const POD = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: c, image: example/web }] }`;

async function find(id: string, ...documents: readonly string[]): Promise<string[]> {
  const report = runChecks(await readText(POD, ...documents), { catalogue: POLICY_SHAPE.filter((check) => check.id === id) });
  return report.findings.map(({ message }) => message);
}

function blocks(count: number): string {
  const cidrs = Array.from({ length: count }, (_, index) => `{ ipBlock: { cidr: 10.${index >> 8}.${index & 255}.0/24 } }`);
  return policyYaml(`podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [${cidrs.join(', ')}] }]`);
}

describe('a policy beyond the budget', () => {
  test('is told, since it would isolate and allow nothing', async () => {
    expect(await find('PN026', blocks(20_000))).toEqual([expect.stringContaining('prefixes')]);
  });

  test('is none that fits', async () => {
    expect(await find('PN026', blocks(1000))).toEqual([]);
  });
});

describe('policyTypes', () => {
  test('that are left out beside egress rules alone close ingress, too', async () => {
    expect(await find('PN014', policyYaml('podSelector: {}\negress: [{}]'))).toEqual([expect.stringContaining('denies all ingress, too')]);
    expect(await find('PN014', policyYaml('podSelector: {}\ningress: [{}]\negress: [{}]'))).toEqual([]);
    expect(await find('PN014', policyYaml('podSelector: {}\npolicyTypes: [Ingress, Egress]\negress: [{}]'))).toEqual([]);
  });

  test('that leave out a direction make its rules idle, but not an empty list of them', async () => {
    expect(await find('PN014', policyYaml('podSelector: {}\npolicyTypes: [Egress]\ningress: [{}]'))).toEqual([
      expect.stringContaining('ingress rules have no effect'),
    ]);
    expect(await find('PN014', policyYaml('podSelector: {}\npolicyTypes: [Egress]\ningress: []'))).toEqual([]);
  });
});

describe('an invalid policy', () => {
  test.each([
    ['a port out of range', 'podSelector: {}\ningress: [{ ports: [{ port: 0 }] }]', 'is no port'],
    ['an endPort before its port', 'podSelector: {}\ningress: [{ ports: [{ port: 80, endPort: 79 }] }]', 'ends no range'],
    ['an endPort beside a name', 'podSelector: {}\ningress: [{ ports: [{ port: http, endPort: 90 }] }]', 'beside a named port'],
    ['an unknown field', 'podSelector: {}\ningres: []', 'ingres'],
    ['a CIDR that is none', 'podSelector: {}\ningress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/33 } }] }]', 'CIDR'],
    ['an operator that is none', 'podSelector: { matchExpressions: [{ key: a, operator: Is }] }', 'unknown operator'],
    [
      'a block beside a selector',
      'podSelector: {}\ningress: [{ from: [{ podSelector: {}, ipBlock: { cidr: 10.0.0.0/8 } }] }]',
      'matches nothing',
    ],
  ])('%s', async (_name, spec, words) => {
    expect(await find('PN025', policyYaml(spec))).toEqual([expect.stringContaining(words)]);
  });
});
