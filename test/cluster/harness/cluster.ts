/** A real Kubernetes cluster on this machine, every node a pair of namespaces: up, down, and questions to it. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runChecked, runCommand } from '../../../src/lab/processes/run-command.ts';
import type { CommandResult } from '../../../src/lab/types.ts';
import { buildBinaries } from './binaries.ts';
import { awaitApiServer, startApiServer, startControlPlane } from './control-plane.ts';
import { kubeconfigOf, makeCredentials, type Credentials } from './credentials.ts';
import { makeTestImages } from './images.ts';
import { buildNetwork, removeNetwork } from './network.ts';
import { enterNode, importImage, pathInNode, startNode } from './node.ts';
import { type ClusterOptions, type ClusterPlan, type NodePlan, planCluster } from './plan.ts';
import { Processes } from './processes.ts';

const STATE = 'cluster.json';
const MANIFEST = 'deploy/postern.yaml';
const READY_TIMEOUT_MS = 90_000;

export class Cluster {
  readonly plan: ClusterPlan;
  readonly bin: string;
  readonly processes: Processes;
  readonly #credentials: Credentials;

  private constructor(plan: ClusterPlan, bin: string, credentials: Credentials) {
    this.plan = plan;
    this.bin = bin;
    this.#credentials = credentials;
    this.processes = new Processes(plan.folder);
  }

  /** A cluster that a killed run left is taken down first. */
  static async up(options: Partial<ClusterOptions> = {}): Promise<Cluster> {
    const plan = planCluster(options);
    const bin = await buildBinaries();
    const images = await makeTestImages(bin);
    await takeDown(plan);
    mkdirSync(plan.folder, { recursive: true });
    await buildNetwork(plan);
    const credentials = await makeCredentials(plan);
    writeFileSync(join(plan.folder, STATE), JSON.stringify({ options: plan.options, bin, credentials }));
    const cluster = new Cluster(plan, bin, credentials);
    await startControlPlane(plan, bin, credentials, cluster.processes);
    await Promise.all(plan.nodes.map((node) => startNode(plan, node, bin, cluster.processes, images)));
    for (const { name } of plan.nodes) {
      await cluster.kubectl(['wait', '--for=create', `node/${name}`, '--timeout=60s']);
      await cluster.kubectl(['wait', '--for=condition=Ready', `node/${name}`, '--timeout=90s']);
    }
    return cluster;
  }

  /** The one that is up. */
  static open(name: string): Cluster {
    const { folder } = planCluster({ name });
    const { options, plan, bin, credentials } = JSON.parse(readFileSync(join(folder, STATE), 'utf8')) as {
      options: ClusterOptions;
      /** Of a cluster that others made. */
      plan?: ClusterPlan;
      bin: string;
      credentials: Credentials;
    };
    return new Cluster(plan ?? planCluster(options), bin, credentials);
  }

  async down(): Promise<void> {
    await takeDown(this.plan);
  }

  node(name: string): NodePlan {
    const node = this.plan.nodes.find((one) => one.name === name);
    if (node === undefined) throw new Error(`the cluster has no node ${name}`);
    return node;
  }

  /** Throws with what kubectl said where it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string> {
    return runChecked(this.kubectlCommand(args), { netns: this.plan.controlNetns, ...(input === undefined ? {} : { input }) });
  }

  tryKubectl(args: readonly string[], input?: string): Promise<CommandResult> {
    return runCommand(this.kubectlCommand(args), { netns: this.plan.controlNetns, ...(input === undefined ? {} : { input }) });
  }

  async get<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl(['get', '-o', 'json', ...args])) as T;
  }

  /** A command in a node's network and mount namespaces. */
  inNode(node: string, argv: readonly string[]): readonly string[] {
    return enterNode(this.node(node), this.processes, argv);
  }

  /** A path in a node's mount namespace, as the machine reaches it. */
  pathIn(node: string, path: string): string {
    return pathInNode(this.node(node), this.processes, path);
  }

  async loadImage(archive: string): Promise<void> {
    await Promise.all(this.plan.nodes.map((node) => importImage(node, this.bin, this.processes, archive)));
  }

  /** By the project's own manifest; returns when every node has one that is ready. */
  async deployAgent(): Promise<void> {
    await this.kubectl(['apply', '-f', '-'], readFileSync(MANIFEST, 'utf8'));
    await this.kubectl(['-n', 'postern', 'rollout', 'status', 'daemonset/postern', '--timeout=90s']);
  }

  /** Processes of the agents, as the machine numbers them. */
  async agentPids(): Promise<number[]> {
    const listed = await Promise.all(
      this.plan.nodes.map(({ name }) => runChecked(this.inNode(name, [join(this.bin, 'ctr'), '-n', 'k8s.io', 'tasks', 'list']))),
    );
    const pids = listed.flatMap((text) => text.split('\n').map((line) => Number(line.split(/\s+/)[1])));
    return pids.filter((pid) => pid > 0 && isAgent(pid));
  }

  /** Others than those that were, as many, and ready. */
  async untilAgentsReady(former: readonly number[]): Promise<void> {
    const deadline = performance.now() + READY_TIMEOUT_MS;
    for (;;) {
      const pids = (await this.agentPids()).filter((pid) => !former.includes(pid));
      const { status } = await this.get<{ status: { numberReady?: number } }>(['-n', 'postern', 'daemonset/postern']);
      if (pids.length === this.plan.nodes.length && status.numberReady === pids.length) return;
      if (performance.now() > deadline) throw new Error('the agents do not become ready again');
      await sleep(200);
    }
  }

  async stopApiServer(): Promise<void> {
    await this.processes.stop('api');
  }

  async startApiServer(): Promise<void> {
    startApiServer(this.plan, this.bin, this.#credentials, this.processes);
    await awaitApiServer(this.plan, this.bin, this.processes);
  }

  /** To be run beside the control plane. */
  kubectlCommand(args: readonly string[]): readonly string[] {
    return [join(this.bin, 'hyper'), 'kubectl', `--kubeconfig=${kubeconfigOf(this.plan, 'admin')}`, ...args];
  }
}

function isAgent(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('/postern\0agent\0');
  } catch {
    return false;
  }
}

/** Whatever is left of it, after a crash too. */
async function takeDown(plan: ClusterPlan): Promise<void> {
  const state = join(plan.folder, STATE);
  const former = existsSync(state) ? planCluster((JSON.parse(readFileSync(state, 'utf8')) as { options: ClusterOptions }).options) : plan;
  if (existsSync(former.folder)) await new Processes(former.folder).stopAll(former.nodes.map(({ name }) => name));
  await removeNetwork(former);
  await removeFolder(former.folder);
}

/** A mount namespace goes a moment after its last process. */
async function removeFolder(folder: string): Promise<void> {
  for (let left = 20; ; left -= 1) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (left === 0) throw error;
      await sleep(250);
    }
  }
}
