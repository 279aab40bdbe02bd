import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ExplainReport } from '../../src/audit/explain/explain-report.ts';

const POLICY = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'web', namespace: 'shop' },
  spec: { podSelector: { matchLabels: { app: 'web' } }, ingress: [] },
};
const pod = (name: string, node: string, address: string): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels: { app: name } },
  spec: { nodeName: node, containers: [{ name: 'c', image: 'i' }] },
  status: { phase: 'Running', podIP: address, podIPs: [{ ip: address }] },
});

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
  const items = [POLICY, pod('web', 'n1', '10.0.0.1'), pod('foe', 'n2', '10.0.0.2')];
  writeFileSync(join(folder, 'input.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A kubectl whose agents give every packet the same verdict; null: it cannot be asked. */
function fakeKubectl(agents: Readonly<Record<string, 'pass' | 'drop' | null>>): void {
  const pods = { items: Object.keys(agents).map((node) => ({ metadata: { name: `postern-${node}` }, spec: { nodeName: node } })) };
  const script = `#!/usr/bin/env node
const args = process.argv.slice(2);
if (args.includes('get')) { console.log(${JSON.stringify(JSON.stringify(pods))}); process.exit(); }
const node = args.find((arg) => arg.startsWith('postern-')).slice('postern-'.length);
if (args.slice(args.indexOf('--') + 1).join(' ') !== 'postern agent test-run' || !args.includes('--stdin')) process.exit(9);
const verdict = ${JSON.stringify(agents)}[node];
if (verdict === null) { console.error('container not found'); process.exit(1); }
let body = '';
process.stdin.on('data', (chunk) => (body += chunk)).on('end', () => {
  const answers = JSON.parse(body).packets.map(() => ({ verdict, reason: null }));
  console.log(JSON.stringify({ node, enforcing: true, answers }));
});
`;
  writeFileSync(join(folder, 'kubectl'), script);
  chmodSync(join(folder, 'kubectl'), 0o755);
}

function explain(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, NO_COLOR: '1' };
  const words = ['src/main.ts', 'audit', 'explain', 'shop/foe', 'shop/web:80', join(folder, 'input.json'), ...args];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { env }, (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }));
  });
}

describe('an explanation with the word of the kernels', () => {
  test('ends well where they agree, each asked about its own pods', async () => {
    fakeKubectl({ n1: 'drop', n2: 'pass' });
    const { code, out, err } = await explain('--live', '--all-nodes', '-o', 'json');
    expect([code, err]).toEqual([0, '']);
    const { pairs } = JSON.parse(out) as ExplainReport;
    expect(pairs[0]?.sides.map(({ live }) => [live?.tried, live?.agreed])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  test('is an error where one disagrees, and says which and about what', async () => {
    fakeKubectl({ n1: 'pass', n2: 'pass' });
    const { code, out, err } = await explain('--all-nodes');
    expect([code, err]).toEqual([1, expect.stringContaining('[E_KERNEL_DISAGREES]')]);
    expect(err).toContain('the kernel of n1 does not say what the policies say');
    expect(out).toContain('shop/web on n1, peer 10.0.0.2, 80/TCP: policies deny, kernel pass');
  });

  test('lacks something where one cannot be asked, or is not there', async () => {
    fakeKubectl({ n1: null });
    const { code, out } = await explain('--all-nodes');
    expect(code).toBe(3);
    expect(out).toContain('kernel not asked about shop/web: kubectl exec failed: container not found');
    expect(out).toContain('kernel not asked about shop/foe: no agent runs on its node n2');
    expect((await explain('--all-nodes', '--allow-incomplete')).code).toBe(0);
  });

  test('cannot be had where no agent answers here', async () => {
    expect(await explain('--live', '--socket', join(folder, 'nobody'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('[E_SOCKET]') as string,
    });
  });
});
