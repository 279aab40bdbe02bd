/**
 * How long `postern audit` takes, start-up and reading included, and how much memory: from 1,000 to 100,000 pods. Usage: audit.ts
 * Each run is a process of its own, over one file as `kubectl get -o json` prints it.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
/** More workloads are no matrix that a person looks at. */
const MOST_WORKLOADS = 1500;
const RUNS = 3;
const TEAMS = 7;
/** A module that says at the end what the process took. */
const REPORT_MEMORY = `data:text/javascript,${encodeURIComponent("process.on('exit', () => process.stderr.write('\\nKIB ' + process.resourceUsage().maxRSS))")}`;

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
try {
  console.log(
    '| | workloads | policies | file, MiB | check, s | memory, MiB | matrix (HTML), s | memory, MiB |\n|---|---|---|---|---|---|---|---|',
  );
  for (const shape of SHAPES) {
    const file = join(folder, 'cluster.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [...makeObjects(shape)] }, undefined, 1));
    const check = measure([
      'audit',
      'check',
      file,
      '--fail-on=never',
      '--allow-incomplete',
      `--output=json=${join(folder, 'report.json')}`,
    ]);
    const matrix =
      shape.workloads > MOST_WORKLOADS
        ? undefined
        : measure(['audit', 'matrix', file, '--allow-incomplete', `--output=html=${join(folder, 'page.html')}`]);
    const cells = [
      shape.name,
      shape.workloads,
      shape.policies,
      (statSync(file).size / 2 ** 20).toFixed(1),
      check.seconds.toFixed(2),
      check.mebibytes,
      matrix?.seconds.toFixed(2) ?? '',
      matrix?.mebibytes ?? '',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** The median time, and the most memory of any run. */
function measure(args: readonly string[]): { readonly seconds: number; readonly mebibytes: number } {
  const runs = Array.from({ length: RUNS }, () => {
    const begin = performance.now();
    const { status, stderr } = spawnSync(process.execPath, ['--import', REPORT_MEMORY, 'dist/main.js', ...args], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr.slice(0, 2000)}`);
    return { seconds: (performance.now() - begin) / 1000, kibibytes: Number(/KIB (\d+)/.exec(stderr)?.[1]) };
  });
  const seconds = runs.map((run) => run.seconds).toSorted((a, b) => a - b)[Math.floor(RUNS / 2)] ?? Number.NaN;
  return { seconds, mebibytes: Math.round(Math.max(...runs.map(({ kibibytes }) => kibibytes)) / 1024) };
}

/** Pods are their ReplicaSets', as a Deployment's are; policies by labels, other namespaces' labels, and blocks. */
function* makeObjects({ pods, workloads, policies, namespaces }: Shape): Generator<Manifest> {
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
          ports: [{ port: 80 + k }],
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
