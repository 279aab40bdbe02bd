/** What the manifest makes of the agent: its rights, its size, and what operators see through kubectl. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExplainReport } from '../../../src/audit/explain/explain-report.ts';
import { enterNamespace, runChecked, runCommand } from '../../../src/lab/processes/run-command.ts';
import type { CommandResult } from '../../../src/lab/types.ts';
import { TCP_PORT } from '../../e2e/support/world.ts';
import { untilInForce } from '../harness/agents.ts';
import { ClusterStage } from '../harness/stage.ts';
import type { ClusterPod } from '../harness/test-pods.ts';

const MAIN = new URL('../../../src/main.ts', import.meta.url).pathname;
const NAMESPACE = 'deployment';
const ACCOUNT = '--as=system:serviceaccount:postern:postern';
/** Bits of linux/capability.h. */
const CAPABILITIES = { NET_BROADCAST: 11n, NET_ADMIN: 12n, PERFMON: 38n, BPF: 39n };
const MOST_MEMORY_KIB = 100 * 1024;

describe('the DaemonSet', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  let web: ClusterPod;
  let client: ClusterPod;

  beforeAll(async () => {
    await stage.begin();
    [web, client] = await stage.start({ name: 'web', node: 'n1' }, { name: 'client', node: 'n2' });
    await api.putPolicy(NAMESPACE, 'web', { podSelector: { matchLabels: { app: 'web' } }, ingress: [{ ports: [{ port: 1 }] }] });
    await untilInForce(cluster, `${NAMESPACE}/web`);
  });

  afterAll(() => stage.end());

  it('runs with four capabilities, no new privileges and a system call filter', async () => {
    const expected = Object.values(CAPABILITIES).reduce((set, bit) => set | (1n << bit), 0n);
    const pids = await cluster.agentPids();
    expect(pids).toHaveLength(cluster.plan.nodes.length);
    for (const pid of pids) {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      for (const set of ['CapPrm', 'CapEff', 'CapBnd']) expect(BigInt(`0x${field(status, set)}`)).toBe(expected);
      expect([field(status, 'NoNewPrivs'), field(status, 'Seccomp')]).toEqual(['1', '2']);
      expect(Number(field(status, 'NSpid').split('\t').at(-1))).toBe(1);
    }
  });

  it('takes no more than 100 MiB', async () => {
    for (const pid of await cluster.agentPids()) {
      const resident = Number.parseInt(field(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS'), 10);
      console.log(`an agent takes ${(resident / 1024).toFixed(0)} MiB`);
      expect(resident).toBeLessThanOrEqual(MOST_MEMORY_KIB);
    }
  });

  it.each([
    ['list pods', true],
    ['watch networkpolicies.networking.k8s.io', true],
    ['watch endpointslices.discovery.k8s.io', true],
    ['create events', true],
    ['get secrets', false],
    ['list configmaps', false],
    ['create pods', false],
    ['delete networkpolicies.networking.k8s.io', false],
    ['patch nodes', false],
    ['impersonate users', false],
  ])('may %s: %s', async (what, allowed) => {
    const { stdout } = await cluster.tryKubectl(['auth', 'can-i', ...what.split(' '), ACCOUNT, '--all-namespaces']);
    expect(stdout.trim().split('\n').at(-1)).toBe(allowed ? 'yes' : 'no');
  });

  it('tells how it is: postern status through kubectl', async () => {
    const status = JSON.parse(await postern('n1', ['status', '--json'])) as {
      healthy: boolean;
      endpoints: { pod: string; ingress: string[] }[];
    };
    expect(status.healthy).toBe(true);
    expect(status.endpoints.find(({ pod }) => pod === `${NAMESPACE}/web`)?.ingress).toEqual([`${NAMESPACE}/web`]);
    expect(await postern('n1', ['status'])).toMatch(/n1 +healthy, enforcing/);
  });

  it('tells what it drops: postern monitor through kubectl', async () => {
    const pod = await agentAt('n1');
    const [file = '', ...args] = enterNamespace(cluster.plan.controlNetns, [
      ...cluster.kubectlCommand([
        '-n',
        'postern',
        'exec',
        pod,
        '--',
        'postern',
        'monitor',
        '--json',
        '--namespace',
        NAMESPACE,
        '--count',
        '1',
      ]),
    ]);
    const monitor = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const line = new Promise<string>((resolve) => createInterface({ input: monitor.stdout }).once('line', resolve));
    const asking = setInterval(() => void client.traffic.connects(web.v4, TCP_PORT), 500);
    const event = JSON.parse(await line) as Record<string, unknown>;
    clearInterval(asking);
    expect(event).toMatchObject({
      verdict: 'deny',
      direction: 'ingress',
      pod: `${NAMESPACE}/web`,
      peer: `${NAMESPACE}/client`,
      protocol: 'TCP',
      port: TCP_PORT,
      policies: [`${NAMESPACE}/web`],
    });
  });

  it('serves metrics', async () => {
    const node = cluster.node('n1');
    const text = await runChecked(['curl', '-sS', `http://${node.address}:9470/metrics`], { netns: node.netns });
    expect(text).toMatch(/^postern_endpoints\{isolated="ingress"\} 1$/m);
    expect(text).toMatch(/^postern_kube_api_reachable 1$/m);
    expect(text).toMatch(/^postern_packets_total\{direction="ingress",verdict="deny",reason="POLICY"\} [1-9]/m);
  });

  it('is audited from outside: the kernels hold what their agents want, and judge as the policies say', async () => {
    const drift = await audit(['drift', '--all-nodes', '--json']);
    expect(drift).toMatchObject({ code: 0, stderr: '' });
    expect((JSON.parse(drift.stdout) as { nodes: object[] }).nodes).toHaveLength(cluster.plan.nodes.length);
    for (const port of ['', `:${TCP_PORT}`, ':1']) {
      const { code, stdout, stderr } = await audit([
        'explain',
        `${NAMESPACE}/client`,
        `${NAMESPACE}/web${port}`,
        '--cluster',
        '--all-nodes',
        '-o',
        'json',
      ]);
      expect([port, code, stderr]).toEqual([port, 0, '']);
      const { pairs } = JSON.parse(stdout) as ExplainReport;
      const lives = pairs.flatMap(({ sides }) => sides).map(({ live }) => live);
      expect(lives).toHaveLength(2);
      for (const live of lives) {
        expect(live).toMatchObject({ disagreements: [], notAsked: [] });
        expect(live?.tried).toBeGreaterThan(1);
        expect(live?.agreed).toBe(live?.tried);
      }
    }
  });

  it('is audited from within, where the agent is', async () => {
    const pod = await agentAt('n1');
    const objects = await cluster.kubectl(['get', '-A', 'pods,networkpolicies,services,namespaces', '-o', 'yaml']);
    const within = (...args: readonly string[]): Promise<CommandResult> =>
      cluster.tryKubectl(['-n', 'postern', 'exec', '--stdin', pod, '--', 'postern', 'audit', ...args], objects);
    const explained = await within('explain', `${NAMESPACE}/client`, `${NAMESPACE}/web:1`, '-', '--live', '-o', 'json');
    // The client is on another node: of its side this agent cannot say anything.
    expect(explained.stderr.trim()).toBe('command terminated with exit code 3');
    const { pairs } = JSON.parse(explained.stdout) as ExplainReport;
    expect(pairs.flatMap(({ sides }) => sides).map(({ live }) => [live?.tried, live?.agreed, live?.notAsked.length])).toEqual([
      [0, 0, 1],
      [2, 2, 0],
    ]);
    expect((await within('matrix', '-', '-o', 'html')).stdout).toMatch(/^<!doctype html>/);
  });

  /** `postern audit` as whoever has a kubeconfig and kubectl. */
  async function audit(args: readonly string[]): Promise<CommandResult> {
    const folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
    try {
      const [hyper = '', , kubeconfig = ''] = cluster.kubectlCommand([]);
      writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\nexec ${hyper} kubectl "$@"\n`, { mode: 0o755 });
      const env = [`PATH=${folder}:${process.env['PATH'] ?? ''}`, `KUBECONFIG=${kubeconfig.replace('--kubeconfig=', '')}`];
      return await runCommand(['env', ...env, process.execPath, MAIN, 'audit', ...args], { netns: cluster.plan.controlNetns });
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  async function agentAt(node: string): Promise<string> {
    const { items } = await cluster.get<{ items: { metadata: { name: string } }[] }>([
      '-n',
      'postern',
      'pods',
      `--field-selector=spec.nodeName=${node}`,
    ]);
    return items[0]?.metadata.name ?? '';
  }

  async function postern(node: string, args: readonly string[]): Promise<string> {
    return cluster.kubectl(['-n', 'postern', 'exec', await agentAt(node), '--', 'postern', ...args]);
  }
});

function field(status: string, name: string): string {
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
}
