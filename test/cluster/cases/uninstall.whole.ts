/** deploy/uninstall.yaml takes what the agents enforce off every node: programs, maps and pins. Without it, it stays without agents. */

import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enterNamespace, runChecked } from '../../../src/lab/processes/run-command.ts';
import { type AttachedPrograms, findSurvivors } from '../../e2e/support/kernel-objects.ts';
import { TCP_PORT } from '../../e2e/support/world.ts';
import { untilInForce } from '../harness/agents.ts';
import { ClusterStage } from '../harness/stage.ts';
import type { ClusterPod } from '../harness/test-pods.ts';

const NAMESPACE = 'uninstall';
const MANIFEST = 'deploy/uninstall.yaml';
const LIST_PROGRAMS = new URL('../../e2e/scenarios/list-programs.ts', import.meta.url).pathname;

describe('taking the agents away', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  let server: ClusterPod;
  let clients: readonly ClusterPod[];

  beforeAll(async () => {
    await stage.begin();
    [server, ...clients] = await stage.start({ name: 'server', node: 'n1' }, { name: 'near', node: 'n1' }, { name: 'far', node: 'n2' });
    const deny = { podSelector: { matchLabels: { app: 'server' } }, policyTypes: ['Ingress', 'Egress'] };
    await api.putPolicy(NAMESPACE, 'deny', deny);
  });

  afterAll(async () => {
    await stage.end();
    // Where a test failed half-way.
    await cluster.kubectl(['delete', '-f', MANIFEST, '--ignore-not-found', '--cascade=foreground']);
    await cluster.deployAgent();
  });

  async function redeploy(): Promise<void> {
    await cluster.deployAgent();
    await untilInForce(cluster, `${NAMESPACE}/deny`);
  }

  function reaches(): Promise<boolean[]> {
    return Promise.all(clients.flatMap(({ traffic }) => [server.v4, server.v6].map((address) => traffic.connects(address, TCP_PORT))));
  }

  async function listPrograms(): Promise<AttachedPrograms> {
    const listed = await Promise.all(
      cluster.plan.nodes.map(async ({ netns }) => {
        const [command = '', ...args] = enterNamespace(netns, [process.execPath, LIST_PROGRAMS]);
        return JSON.parse(await runChecked([command, ...args])) as AttachedPrograms;
      }),
    );
    return { attached: listed.flatMap(({ attached }) => attached), mapIds: listed.flatMap(({ mapIds }) => mapIds) };
  }

  /** Of a node: what lies where the agent keeps something. */
  function leftAt(node: string): string[] {
    const folders = [`/sys/fs/bpf/postern/${node}`, `/run/postern/${node}/interfaces`];
    const paths = folders.map((folder) => cluster.pathIn(node, folder));
    return paths.flatMap((path) => (existsSync(path) ? readdirSync(path) : []));
  }

  async function uninstall(): Promise<void> {
    await cluster.kubectl(['apply', '-f', MANIFEST]);
    await cluster.kubectl(['-n', 'postern', 'rollout', 'status', 'daemonset/postern-uninstall', '--timeout=120s']);
    await cluster.kubectl(['delete', '-f', MANIFEST, '--cascade=foreground']);
  }

  async function expectTakenAway(way: 'tcx' | 'tc'): Promise<void> {
    await cluster.kubectl(['-n', 'postern', 'delete', 'daemonset/postern', '--cascade=foreground']);
    const before = await listPrograms();
    expect(new Set(before.attached.map(({ name }) => name))).toEqual(new Set(['from_pod', 'to_pod']));
    expect(before.attached.length).toBeGreaterThanOrEqual(2 * 3);
    expect(before.attached.every(({ linkId }) => linkId > 0)).toBe(way === 'tcx');
    // Nobody is left to judge but the kernel.
    expect(await reaches()).toEqual([false, false, false, false]);

    await uninstall();
    expect(await findSurvivors(before)).toEqual([]);
    expect((await listPrograms()).attached).toEqual([]);
    for (const { name } of cluster.plan.nodes) expect(leftAt(name)).toEqual([]);
    expect(await reaches()).toEqual([true, true, true, true]);
  }

  it('leaves nothing on nodes with a bpf file system', async () => {
    await redeploy();
    await expectTakenAway('tcx');
  });

  it('leaves nothing on nodes without one', async () => {
    for (const { name } of cluster.plan.nodes) await runChecked(cluster.inNode(name, ['umount', '/sys/fs/bpf']));
    try {
      await redeploy();
      await expectTakenAway('tc');
    } finally {
      for (const { name } of cluster.plan.nodes) await runChecked(cluster.inNode(name, ['mount', '-t', 'bpf', 'bpf', '/sys/fs/bpf']));
    }
  });

  it('waits for agents that still run, and takes nothing from them', async () => {
    await redeploy();
    await cluster.kubectl(['apply', '-f', MANIFEST]);
    const { code } = await cluster.tryKubectl(['-n', 'postern', 'rollout', 'status', 'daemonset/postern-uninstall', '--timeout=8s']);
    expect(code).not.toBe(0);
    expect(await reaches()).toEqual([false, false, false, false]);
    await cluster.kubectl(['delete', '-f', MANIFEST, '--cascade=foreground']);
  });

  it('is followed by agents that enforce as if nothing had been', async () => {
    await redeploy();
    expect(await reaches()).toEqual([false, false, false, false]);
    await api.deletePolicy(NAMESPACE, 'deny');
    await expect.poll(reaches).toEqual([true, true, true, true]);
  });
});
