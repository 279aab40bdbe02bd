/**
 * How long `postern audit` takes, start-up and reading included, and how much memory: from 1,000 to 100,000 pods. Usage: audit.ts
 * Each run is a process of its own, over one file as `kubectl get -o json` prints it.
 */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureAudit } from './measure-audit.ts';
import { namespaceManifest, podManifest, policyManifest, type Manifest } from '../support/builders/manifests.ts';

interface Shape {
  readonly name: string;
  readonly pods: number;
  readonly workloads: number;
  readonly policies: number;
  readonly namespaces: number;
}

/** A workload has 20 pods, a namespace two and a half workloads and five policies. */
const grown = (pods: number): Shape => ({
  name: `${pods.toLocaleString('en')} pods`,
  pods,
  workloads: pods / 20,
  policies: pods / 10,
  namespaces: pods / 50,
});
const SHAPES: readonly Shape[] = [
  { name: '100 policies', pods: 200, workloads: 50, policies: 100, namespaces: 20 },
  ...[1000, 3000, 10_000, 30_000, 100_000].map(grown),
  { name: '10,000 pods that share no workload', pods: 10_000, workloads: 10_000, policies: 1000, namespaces: 200 },
];
/** Larger ones take minutes. */
const MOST_REPEATED = 30_000;
const TEAMS = 7;

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
try {
  console.log(
    '| | workloads | policies | file, MiB | check, s | memory, MiB | matrix (HTML), s | memory, MiB | diff, s | memory, MiB |\n|---|---|---|---|---|---|---|---|---|---|',
  );
  for (const shape of SHAPES) {
    const [file, changed] = [writeCluster('cluster', shape, 80), writeCluster('changed', shape, 81)];
    const times = shape.pods > MOST_REPEATED ? 1 : 3;
    const measured = [
      measureAudit(['check', file, '--fail-on=never', '--allow-incomplete', `--output=json=${join(folder, 'report.json')}`], times),
      measureAudit(['matrix', file, '--allow-incomplete', `--output=html=${join(folder, 'page.html')}`], times),
      measureAudit(['diff', file, changed, '--fail-on=never', '--allow-incomplete', `--output=json=${join(folder, 'diff.json')}`], times),
    ];
    const cells = [
      shape.name,
      shape.workloads.toLocaleString('en'),
      shape.policies.toLocaleString('en'),
      (statSync(file).size / 2 ** 20).toFixed(1),
      ...measured.flatMap(({ seconds, mebibytes }) => [seconds.toFixed(2), mebibytes.toLocaleString('en')]),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function writeCluster(name: string, shape: Shape, firstPort: number): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...makeObjects(shape, firstPort)] }, undefined, 1));
  return file;
}

/** Pods are their ReplicaSets', as a Deployment's are; policies by labels, other namespaces' labels, and blocks. `firstPort`: of the very first. */
function* makeObjects({ pods, workloads, policies, namespaces }: Shape, firstPort: number): Generator<Manifest> {
  for (let n = 0; n < namespaces; n += 1) yield namespaceManifest(`ns-${n}`, { team: `t${n % TEAMS}` });
  for (let p = 0; p < policies; p += 1) {
    const [n, k] = [p % namespaces, Math.floor(p / namespaces)];
    yield policyManifest(`ns-${n}/p${k}`, {
      podSelector: k === 0 ? {} : { matchLabels: { app: `a${k % 3}` } },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [
        {
          from: [
            { podSelector: { matchLabels: { app: `a${(k + 1) % 3}` } } },
            { namespaceSelector: { matchLabels: { team: `t${(n + 1) % TEAMS}` } } },
          ],
          ports: [{ port: p === 0 ? firstPort : 80 + k }],
        },
      ],
      egress: [
        {
          to: [
            { ipBlock: { cidr: `10.${k}.0.0/16`, except: [`10.${k}.9.0/24`] } },
            { namespaceSelector: { matchLabels: { team: `t${n % TEAMS}` } } },
          ],
        },
      ],
    });
  }
  for (let i = 0; i < pods; i += 1) {
    const w = i % workloads;
    const pod = podManifest(`ns-${w % namespaces}/w${w}-abc-${i}`, {
      node: `node-${i % 100}`,
      addresses: [`10.${100 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`],
      labels: { app: `a${Math.floor(w / namespaces)}`, 'pod-template-hash': 'abc' },
    });
    const owner = { kind: 'ReplicaSet', name: `w${w}-abc`, controller: true };
    yield { ...pod, metadata: { ...(pod['metadata'] as object), ownerReferences: [owner] } };
  }
}
