import { describe, expect, test } from 'vitest';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { describePorts } from '../../../src/audit/describe-rule.ts';
import { makeMatrix, type MatrixOptions } from '../../../src/audit/matrix/make-matrix.ts';
import { listPairs, selectView } from '../../../src/audit/matrix/matrix-view.ts';
import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { readText } from '../support/read-text.ts';

const WORKLOADS = `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: c, image: example/web, ports: [{ name: http, containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: tool, namespace: shop, labels: { app: tool } }
spec: { containers: [{ name: c, image: example/tool }] }
---
apiVersion: v1
kind: Pod
metadata: { name: agent, namespace: shop, labels: { app: agent } }
spec: { hostNetwork: true, containers: [{ name: c, image: example/agent }] }`;
const DENY = policyYaml('podSelector: {}');

async function pairs(policies: readonly string[], options: MatrixOptions = {}): Promise<Readonly<Record<string, string>>> {
  const input = await readText(WORKLOADS, ...policies);
  expect(input.problems).toEqual([]);
  const view = selectView(makeMatrix(new AuditModel(input), options));
  return Object.fromEntries(
    [...listPairs(view)].map(({ source, destination, ports }) => [`${source.id} > ${destination.id}`, describePorts(ports)]),
  );
}

describe('the matrix of an input', () => {
  test('is open without policies, to and from everywhere', async () => {
    expect(await pairs([])).toEqual({
      'shop/Pod/tool > shop/Pod/tool': 'all ports',
      'shop/Pod/tool > shop/Deployment/web': 'all ports',
      'shop/Pod/tool > anywhere else': 'all ports',
      'shop/Deployment/web > shop/Pod/tool': 'all ports',
      'shop/Deployment/web > shop/Deployment/web': 'all ports',
      'shop/Deployment/web > anywhere else': 'all ports',
      'anywhere else > shop/Pod/tool': 'all ports',
      'anywhere else > shop/Deployment/web': 'all ports',
    });
  });

  test('lets a pod reach itself, and not the pods of a workload each other', async () => {
    expect(await pairs([DENY])).toMatchObject({
      'shop/Pod/tool > shop/Pod/tool': 'all ports',
      'shop/Deployment/web > shop/Deployment/web': 'no port',
      'shop/Pod/tool > shop/Deployment/web': 'no port',
    });
  });

  test('resolves port names at the destination', async () => {
    const http = policyYaml('podSelector: {}\ningress: [{ ports: [{ port: http }] }]').replace('name: web,', 'name: http,');
    expect(await pairs([DENY, http])).toMatchObject({
      'shop/Pod/tool > shop/Deployment/web': '8080/TCP',
      'shop/Deployment/web > shop/Pod/tool': 'no port',
    });
  });

  test('has the networks that policies cut, and those that have names', async () => {
    const block = policyYaml('podSelector: {}\ningress: [{ from: [{ ipBlock: { cidr: 203.0.113.0/24, except: [203.0.113.64/26] } }] }]');
    const found = await pairs([block], {
      networks: [
        { name: 'office', cidrs: ['203.0.113.0/26'] },
        { name: 'lab', cidrs: ['203.0.113.64/27'] },
      ],
    });
    expect(found).toMatchObject({
      'office > shop/Deployment/web': 'all ports',
      'lab > shop/Deployment/web': 'no port',
      '203.0.113.0/24 without 203.0.113.64/26 > shop/Deployment/web': 'all ports',
      'anywhere else > shop/Deployment/web': 'no port',
    });
  });

  test('says of a network what policies take out of it', async () => {
    const rule = (...blocks: readonly string[]): string => policyYaml(`podSelector: {}\ningress: [{ from: [${blocks.join(', ')}] }]`);
    const world =
      '{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12] } }, { ipBlock: { cidr: "::/0", except: ["fd00::/8"] } }';
    const input = await readText(WORKLOADS, rule(world), rule('{ ipBlock: { cidr: 10.1.0.0/16 } }').replace('name: web,', 'name: ten,'));
    const outside = makeMatrix(new AuditModel(input)).peers.filter(({ kind }) => kind === 'outside');
    expect(outside.map(({ name, networks }) => [name, networks?.toSorted()])).toEqual(
      expect.arrayContaining([
        ['anywhere else', ['10.0.0.0/8', '172.16.0.0/12', 'fd00::/8']],
        ['0.0.0.0/0, ::/0 without 10.0.0.0/8, 172.16.0.0/12, fd00::/8', ['0.0.0.0/0', '::/0']],
        ['10.1.0.0/16', ['10.1.0.0/16']],
      ]),
    );
  });

  test('tells a named network from a block that begins where it does', async () => {
    const block = policyYaml('podSelector: {}\ningress: [{ from: [{ ipBlock: { cidr: 203.0.113.0/26 } }] }]');
    const found = await pairs([block], { networks: [{ name: 'office', cidrs: ['203.0.113.0/24'] }] });
    expect(found).toMatchObject({
      'office (203.0.113.0/24) > shop/Deployment/web': 'no port',
      'office (203.0.113.0/26) > shop/Deployment/web': 'all ports',
    });
  });

  test('leaves out pods that are their node', async () => {
    expect(Object.keys(await pairs([])).some((pair) => pair.includes('agent'))).toBe(false);
  });
});
