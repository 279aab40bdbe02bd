/** What `postern audit matrix` says of manifests is what packets do in a lab of them, for policies at random. */

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeMatrix } from '../../src/audit/matrix/make-matrix.ts';
import type { MatrixReport } from '../../src/audit/matrix/matrix-report.ts';
import { AuditModel } from '../../src/audit/model/audit-model.ts';
import { Lab } from '../../src/lab/lab.ts';
import type { RawObject } from '../../src/lab/types.ts';
import { PROTOCOL_NUMBER } from '../../src/model/verdict.ts';
import { hasPort, NO_PORTS } from '../../src/policy/ports.ts';
import { readText } from '../audit/support/read-text.ts';
import { policySpec } from '../support/generators/policies.ts';
import { needsKernel } from '../support/requires.ts';
import { everyProbe, leftoversOf, NOTHING_LEFT, podManifest } from './lab-support.ts';

const NAME = 'testaud';
const CLUSTERS = 8;
const NAMESPACES = ['red', 'green', 'blue'];
const PORTS = [
  { name: 'http', protocol: 'TCP', port: 80 },
  { name: 'metrics', protocol: 'TCP', port: 81 },
  { protocol: 'UDP', port: 53 },
] as const;
const PODS = NAMESPACES.flatMap((namespace) => [
  podManifest(`${namespace}/a`, { ports: PORTS, labels: { app: 'web', tier: 'db' } }),
  podManifest(`${namespace}/b`, { ports: PORTS, labels: { app: 'db' } }),
]);

/** Three policies at most for each namespace. */
const policies = fc
  .array(fc.record({ namespace: fc.constantFrom(...NAMESPACES), spec: policySpec }), { minLength: 2, maxLength: 6 })
  .map((list) =>
    list.map(({ namespace, spec }, index): RawObject => ({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { namespace, name: `p${index}`, uid: `p${index}` },
      spec: spec as RawObject,
    })),
  );

describe('the matrix of manifests', needsKernel, () => {
  beforeEach(() => Lab.remove(NAME));
  afterEach(async () => {
    await Lab.remove(NAME);
    expect(leftoversOf(NAME)).toEqual(NOTHING_LEFT);
  });

  test('is what packets do in a lab', async () => {
    const seed = Number(process.env['POSTERN_SEED'] ?? Math.floor(Math.random() * 0x7fffffff));
    process.stderr.write(`audit in a lab: ${CLUSTERS} clusters, POSTERN_SEED=${seed}\n`);
    const lab = await Lab.up({ name: NAME, objects: PODS });
    for (const [index, cluster] of fc.sample(policies, { seed, numRuns: CLUSTERS }).entries()) {
      await lab.apply(cluster);
      const matrix = await readMatrix(lab, cluster);
      const probes = everyProbe(lab);
      const results = await lab.probe(probes);
      // A matrix speaks of pods: over any family.
      const open = new Set(probes.flatMap((probe, at) => (results[at]?.outcome === 'open' ? [nameOf(probe)] : [])));
      for (const probe of probes) {
        const told = `cluster ${index}: ${nameOf(probe)}: ${JSON.stringify(cluster)}`;
        expect({ told, open: open.has(nameOf(probe)) }).toEqual({ told, open: isAllowed(matrix, probe) });
      }
      await lab.delete(cluster);
    }
  });
});

interface Asked {
  readonly from: string;
  readonly to: string;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  readonly port: number;
}

function nameOf({ from, to, protocol, port }: Asked): string {
  return `${from} > ${to} ${port}/${protocol}`;
}

/** Of the manifests with the addresses that the lab gave, as a cluster would list them. */
async function readMatrix(lab: Lab, cluster: readonly RawObject[]): Promise<MatrixReport> {
  const addresses = new Map(lab.pods().map((pod) => [pod.key, pod.addresses]));
  const pods = PODS.map((pod) => {
    const { namespace, name } = pod['metadata'] as { readonly namespace: string; readonly name: string };
    const podIPs = (addresses.get(`${namespace}/${name}`) ?? []).map((ip) => ({ ip }));
    return { ...pod, status: { phase: 'Running', podIPs } };
  });
  const input = await readText(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...pods, ...cluster] }));
  return makeMatrix(new AuditModel(input), { by: 'pod' });
}

function isAllowed({ peers, allowed, portSets }: MatrixReport, { from, to, protocol, port }: Asked): boolean {
  if (from === to) return true;
  const classOf = (id: string): number => peers.find((peer) => peer.id === id)?.class ?? -1;
  const ports = portSets[allowed[classOf(from)]?.[classOf(to)] ?? -1] ?? NO_PORTS;
  return hasPort(ports, PROTOCOL_NUMBER[protocol], port);
}
