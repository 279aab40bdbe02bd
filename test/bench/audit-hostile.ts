/** How long `postern audit` takes for input that was made to take long: each is one that a single author could write. Usage: audit-hostile.ts */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namespaceManifest, podManifest, policyManifest, type Manifest } from '../support/builders/manifests.ts';
import { measureAudit } from './measure-audit.ts';

const POD = podManifest('shop/web', { labels: { app: 'web' }, addresses: ['10.1.0.1'] });
const exists = (count: number): object => ({
  matchExpressions: Array.from({ length: count }, (_, index) => ({ key: `k${index}`, operator: 'Exists' })),
});
const fromBlocks = (count: number): object => ({
  podSelector: {},
  ingress: [
    { from: Array.from({ length: count }, (_, at) => ({ ipBlock: { cidr: `11.${at >> 12}.${(at >> 4) & 255}.${(at & 15) << 4}/28` } })) },
  ],
});

const HOSTILE: Readonly<Record<string, () => readonly Manifest[]>> = {
  'a selector of 4,000 expressions': () => [
    policyManifest('shop/a', { podSelector: exists(4000), ingress: [{ from: [{ podSelector: exists(4000) }] }] }),
  ],
  'the same of 400, beside ten others': () => [
    ...Array.from({ length: 10 }, (_, index) =>
      policyManifest(`shop/p${index}`, { podSelector: { matchExpressions: [{ key: `a${index}`, operator: 'Exists' }] }, ingress: [{}] }),
    ),
    policyManifest('shop/long', { podSelector: exists(400), ingress: [{}] }),
  ],
  '5,000 policies by 5,000 labels in one namespace': () =>
    Array.from({ length: 5000 }, (_, index) =>
      policyManifest(`shop/p${index}`, {
        podSelector: { matchLabels: { [`k${index}`]: 'v' } },
        ingress: [{ from: [{ podSelector: {} }] }],
      }),
    ),
  'a policy of 20,000 blocks': () => [policyManifest('shop/blocks', fromBlocks(20_000))],
  '60,000 policies of one namespace': () =>
    Array.from({ length: 60_000 }, (_, index) =>
      policyManifest(`shop/p${index}`, {
        podSelector: { matchLabels: { app: 'web' } },
        ingress: [{ ports: [{ port: 1 + (index % 60_000) }] }],
      }),
    ),
};

const folder = mkdtempSync(join(tmpdir(), 'postern-bench-'));
try {
  console.log('| | file, MiB | check, s | memory, MiB |\n|---|---|---|---|');
  for (const [name, make] of Object.entries(HOSTILE)) {
    const file = join(folder, 'hostile.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [namespaceManifest('shop'), POD, ...make()] }));
    const { seconds, mebibytes } = measureAudit(['check', file, '--fail-on=never', '--allow-incomplete', '--output=json=/dev/null']);
    console.log(`| ${name} | ${(statSync(file).size / 2 ** 20).toFixed(1)} | ${seconds.toFixed(2)} | ${mebibytes.toLocaleString('en')} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
