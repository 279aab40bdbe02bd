/** The matrix by Service: each Service judged by the backends that the proxy may choose for a client, and what is observed beside it. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../src/lab/lab.ts';
import { OUTSIDE_ANNOTATION } from '../../src/lab/objects/raw-object.ts';
import { expectationOf } from '../../src/lab/probing/expectation.ts';
import { isServiceReading, type Matrix, type ServiceReading } from '../../src/lab/probing/matrix.ts';
import { describeDifferences } from '../../src/lab/probing/matrix-words.ts';
import { observeMatrix } from '../../src/lab/probing/observe-matrix.ts';
import type { Cni, Fabric, RawObject } from '../../src/lab/types.ts';
import { needsKernel } from '../support/requires.ts';
import { podManifest } from './lab-support.ts';
import { serviceManifest } from './service-support.ts';

const NAME = 'testsvcmatrix';
const BOTH = { selector: { app: 'both' } };
const ONLY_A = { selector: { pod: 'a' } };

function policy(name: string, spec: RawObject): RawObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace: 'x' }, spec };
}

const OBJECTS = [
  podManifest('x/a', { labels: { app: 'both' }, spec: { nodeName: 'node-1' } }),
  podManifest('x/b', { labels: { app: 'both' }, spec: { nodeName: 'node-2' } }),
  podManifest('x/client', { ports: [], spec: { nodeName: 'node-1' } }),
  podManifest('y/far', { ports: [], spec: { nodeName: 'node-2' } }),
  podManifest('y/node', { ports: [], spec: { nodeName: 'node-1', hostNetwork: true } }),
  podManifest('out/host', { ports: [], annotations: { [OUTSIDE_ANNOTATION]: '66' } }),
  serviceManifest('x/both', { ...BOTH, type: 'NodePort' }),
  serviceManifest('x/outer', { ...ONLY_A, type: 'NodePort', externalTrafficPolicy: 'Local' }),
  serviceManifest('x/inner', { ...ONLY_A, internalTrafficPolicy: 'Local' }),
  serviceManifest('x/kept', { ...BOTH, sessionAffinity: 'ClientIP' }),
  serviceManifest('x/nobody', { selector: { app: 'nobody' } }),
  serviceManifest('x/four', { ...ONLY_A, ipFamilyPolicy: 'SingleStack' }),
  serviceManifest('x/headless', { ...BOTH, clusterIP: 'None' }),
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'y', labels: { team: 'y' } } },

  policy('client', {
    podSelector: { matchLabels: { pod: 'client' } },
    policyTypes: ['Egress'],
    egress: [{ to: [{ podSelector: { matchLabels: { pod: 'a' } } }], ports: [{ port: 80 }] }],
  }),
  // y/far by its own address; whom another node hides is not let in.
  policy('b', {
    podSelector: { matchLabels: { pod: 'b' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'client' } } }, { namespaceSelector: { matchLabels: { team: 'y' } } }] }],
  }),
];

/** `client Service via protocol`: what the policies say, over both IP versions where they agree. */
function verdicts(matrix: Matrix): Readonly<Record<string, string>> {
  const told: Record<string, string> = {};
  for (const { probe, expected } of matrix.readings.filter(isServiceReading)) {
    const { service, via = '' } = probe.to;
    const place = `${probe.from} ${service} ${via} ${probe.protocol}`;
    const verdict = expected?.verdict ?? 'unknown';
    told[place] = told[place] === undefined || told[place] === verdict ? verdict : `${told[place]}, then ${verdict}`;
  }
  return told;
}

function readingOf(matrix: Matrix, from: string, service: string): ServiceReading | undefined {
  return matrix.readings.filter(isServiceReading).find(({ probe }) => probe.from === from && probe.to.service === service);
}

async function upLab(cni: Cni, fabric: Fabric): Promise<Lab> {
  await Lab.remove(NAME);
  return Lab.up({ name: NAME, objects: OBJECTS, cni, fabric });
}

async function checkMatrix(lab: Lab): Promise<void> {
  const matrix = await observeMatrix(lab, { by: 'service', expect: expectationOf(lab) });
  expect(describeDifferences(matrix)).toEqual([]);
  expect(verdicts(matrix)).toMatchObject({
    'x/client x/both clusterIP TCP': 'some',
    'x/client x/both nodePort TCP': 'some',
    // The policy is about TCP.
    'x/client x/both clusterIP UDP': 'deny',
    'x/client x/kept clusterIP TCP': 'some',
    'x/client x/inner clusterIP TCP': 'allow',
    'y/far x/both clusterIP UDP': 'allow',
    'y/far x/both nodePort TCP': 'allow',
    'y/far x/outer nodePort TCP': 'allow',
    'y/far x/inner clusterIP TCP': 'deny',
    'y/far x/nobody clusterIP UDP': 'refuse',
    // x/b's node sees node-1, which nothing lets in.
    'y/node x/both clusterIP TCP': 'some',
    'out/host x/both nodePort TCP': 'some',
    'out/host x/outer nodePort TCP': 'allow',
    'x/a x/outer clusterIP TCP': 'allow',
  });
  expect(matrix.targets.map(({ to }) => (typeof to === 'object' ? to.service : to))).not.toContain('x/headless');
  const families = matrix.readings.filter(({ probe }) => typeof probe.to === 'object' && probe.to.service === 'x/four');
  expect(new Set(families.map(({ probe }) => probe.family))).toEqual(new Set([4]));
  const some = readingOf(matrix, 'x/client', 'x/both');
  expect(Object.keys(some?.answers.by ?? {})).toEqual(['x/a']);
  expect(some?.answers.silent).toBeGreaterThan(0);
  expect(some?.expected?.backends.map(({ name, allowed }) => [name, allowed])).toEqual([
    ['x/a', true],
    ['x/b', false],
  ]);
}

describe('the matrix by Service', needsKernel, () => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await upLab('bridge', 'routed');
  });
  afterAll(async () => {
    await Lab.remove(NAME);
  });

  test('says of each client which backends are allowed, and sees it so', () => checkMatrix(lab));

  test('stands beside the one by pod address, and is asked for some ports only', async () => {
    const matrix = await observeMatrix(lab, { by: 'both', ports: ['8080', '80'], expect: expectationOf(lab), pods: ['x/a', 'x/client'] });
    expect(describeDifferences(matrix)).toEqual([]);
    const places = matrix.targets.map(({ to, port }) => `${typeof to === 'object' ? `${to.service} ${to.via}` : to} ${port}`);
    expect(places.slice(0, 5)).toEqual(['x/a 8080', 'x/a 80', 'x/client 8080', 'x/client 80', 'x/both clusterIP 8080']);
    expect(places).not.toContain('x/both nodePort 30000');
    expect(matrix.targets.every(({ protocol }) => protocol === 'TCP')).toBe(true);
    const byName = await observeMatrix(lab, { by: 'service', ports: ['dns', '30000'], families: [4], pods: ['x/a'] });
    expect(new Set(byName.targets.map(({ protocol, port }) => `${port}/${protocol}`))).toEqual(
      new Set(['8080/UDP', '30000/UDP', '30000/TCP', '30001/UDP']),
    );
  });

  test('finds what is not as expected, in both directions', async () => {
    const options = { by: 'service', ports: ['web'], families: [4], pods: ['x/client'] } as const;
    const tooOpen = await observeMatrix(lab, { ...options, expect: () => true });
    expect(describeDifferences(tooOpen)).toContainEqual(
      expect.stringMatching(/x\/both 8080\/TCP IPv4: expected answers by x\/a, x\/b, observed of \d+: .* silent/),
    );
    const tooClosed = await observeMatrix(lab, { ...options, expect: ({ to }) => to !== 'x/a' });
    expect(describeDifferences(tooClosed)).toContainEqual(
      expect.stringMatching(/x\/both 8080\/TCP IPv4: expected answers by x\/b, and silence for x\/a, observed of \d+: \d+ by x\/a/),
    );
    expect(tooClosed.readings.find(({ probe }) => typeof probe.to === 'object' && probe.to.service === 'x/nobody')?.different).toBe(false);
  });
});

describe('the matrix by Service over pairs and an overlay', needsKernel, () => {
  afterAll(async () => {
    await Lab.remove(NAME);
  });

  test('says the same, and sees it so', async () => checkMatrix(await upLab('ptp', 'vxlan')));
});
