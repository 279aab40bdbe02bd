/** The guaranteed level for new pods: with the CNI plugin none gets through what policies deny, also without an agent; and it goes without a trace. */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAgent, untilAll, untilInForce } from '../harness/agents.ts';
import { EagerPods, type EagerResult } from '../harness/eager-pods.ts';
import { ClusterStage } from '../harness/stage.ts';
import type { ClusterPod } from '../harness/test-pods.ts';

const NAMESPACE = 'guaranteed';
const COMPONENT = 'deploy/components/guaranteed';
const UNINSTALL = 'deploy/uninstall.yaml';
const PODS = 50;
const TIMEOUT_MS = 300_000;
const AWAY_MS = 10_000;

interface GateStatus {
  readonly gate: { readonly passed: number; readonly refused: number; readonly medianMs: number; readonly longestMs: number };
  readonly cni: { readonly installed: boolean; readonly file: string | null } | null;
}

describe('new pods with the guarantee', { timeout: TIMEOUT_MS }, () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  const nodes = cluster.plan.nodes.map(({ name }) => name);
  let pods: EagerPods;
  let folder: string;
  let before: ReadonlyMap<string, string>;

  beforeAll(async () => {
    await stage.begin();
    const [server]: readonly ClusterPod[] = await stage.start({ name: 'server', node: 'n1' });
    if (server === undefined) throw new Error('there is no server');
    pods = new EagerPods(stage, server);
    await api.putPolicy(NAMESPACE, 'deny-egress', { podSelector: { matchLabels: { part: 'new' } }, policyTypes: ['Egress'] });
    await untilInForce(cluster, `${NAMESPACE}/deny-egress`);
    before = readConfigurations();
    // Beside the project, which kubectl is to find by a relative path.
    folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
    const place = (path: string): string => relative(folder, join(process.cwd(), path));
    const kustomization = { resources: [place('deploy')], components: [place(COMPONENT)] };
    writeFileSync(join(folder, 'kustomization.yaml'), JSON.stringify(kustomization));
  });

  afterAll(async () => {
    await stage.end();
    rmSync(folder, { recursive: true });
    // Where a test failed half-way.
    await uninstall();
    await cluster.deployAgent();
  });

  function readConfigurations(): ReadonlyMap<string, string> {
    return new Map(nodes.map((node) => [node, readFileSync(cluster.pathIn(node, '/etc/cni/net.d/10-pods.conflist'), 'utf8')]));
  }

  async function deployGuaranteed(): Promise<void> {
    await cluster.kubectl(['apply', '-k', folder]);
    await cluster.kubectl(['-n', 'postern', 'rollout', 'status', 'daemonset/postern', '--timeout=120s']);
    await untilInForce(cluster, `${NAMESPACE}/deny-egress`);
    await untilAll(cluster, 'the plugin installed', (status) => (status as unknown as GateStatus).cni?.installed ?? false);
  }

  async function uninstall(): Promise<void> {
    await cluster.kubectl(['-n', 'postern', 'delete', 'daemonset/postern', '--cascade=foreground', '--ignore-not-found']);
    await cluster.kubectl(['apply', '-f', UNINSTALL]);
    await cluster.kubectl(['-n', 'postern', 'rollout', 'status', 'daemonset/postern-uninstall', '--timeout=120s']);
    await cluster.kubectl(['delete', '-f', UNINSTALL, '--cascade=foreground']);
  }

  async function killAgents(): Promise<void> {
    const pids = await cluster.agentPids();
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await cluster.untilAgentsReady(pids);
  }

  function tell(what: string, { connected, heard, seconds }: EagerResult): void {
    console.log(`${what}: of ${PODS} pods ${connected} got through (${heard} connections); ${seconds.toFixed(1)} s for all`);
  }

  async function expectNone(what: string): Promise<void> {
    const result = await pods.result();
    tell(what, result);
    expect([result.connected, result.heard]).toEqual([0, 0]);
  }

  it('are the same to the runtime without it', async () => {
    await pods.order(PODS);
    tell('without the plugin', await pods.result());
  });

  it('get nothing through', async () => {
    await deployGuaranteed();
    await pods.order(PODS);
    await expectNone('with the plugin');
    const { gate, cni } = await askAgent<GateStatus>(cluster, 'n1', '/status');
    console.log(`ADD of the plugin: median ${gate.medianMs} ms, longest ${gate.longestMs} ms; ${gate.refused} were refused`);
    expect(gate.passed).toBeGreaterThanOrEqual(PODS);
    expect(cni?.file).toBe('10-pods.conflist');
  });

  it('get nothing through while the agents are killed', async () => {
    await pods.order(PODS);
    await sleep(1000);
    expect(await pods.started()).toBeLessThan(PODS);
    await killAgents();
    await expectNone('agents killed meanwhile');
  });

  it('do not start while there is no agent, and do when it is back', async () => {
    await cluster.kubectl(['-n', 'postern', 'delete', 'daemonset/postern', '--cascade=foreground']);
    await pods.order(PODS);
    await sleep(AWAY_MS);
    expect(await pods.started()).toBe(0);
    await deployGuaranteed();
    await expectNone('agents away for ten seconds');
  });

  it('are as before once it is removed, and so is every byte of the CNI configuration', async () => {
    expect(readConfigurations()).not.toEqual(before);
    await uninstall();
    expect(readConfigurations()).toEqual(before);
    for (const node of nodes) expect(existsSync(cluster.pathIn(node, '/opt/cni/bin/postern-cni'))).toBe(false);
    await pods.order(PODS);
    const result = await pods.result();
    tell('without plugin and agents', result);
    expect(result.connected).toBe(PODS);
  });
});
