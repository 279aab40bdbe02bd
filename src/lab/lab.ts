/** A lab: nodes and pods on one machine, each in a network namespace of its own, joined by real CNI plugins. */

import { existsSync } from 'node:fs';
import type { NamedEvent } from '../agent/drop-log.ts';
import { PosternError } from '../model/error.ts';
import { agentEvents, agentStatus } from './processes/agent-process.ts';
import { buildLab, settleAgents } from './build-lab.ts';
import { changeObjects, deleteObjects } from './change-objects.ts';
import { withLabLock, withNewLabLock } from './state/lab-lock.ts';
import type { LabContext } from './pods/lab-pods.ts';
import { DEFAULT_LAB, labPaths } from './state/lab-paths.ts';
import { checkRequirements, checkRoot } from './lab-requirements.ts';
import { requireState, StateFile, type NodeState, type PodState } from './state/lab-state.ts';
import { ObjectFolder } from './objects/object-folder.ts';
import { addressOf, findPod } from './pods/pod-address.ts';
import { askPod } from './pods/pod-client.ts';
import { probePods } from './probing/probe-pods.ts';
import { runCommand } from './processes/run-command.ts';
import { readServices, type LabService } from './services/lab-service.ts';
import { tearDownLab } from './tear-down.ts';
import type {
  CommandResult,
  Fabric,
  Family,
  HeldConnection,
  HoldRequest,
  LabNode,
  LabOptions,
  LabPod,
  ProbeRequest,
  ProbeResult,
  Proxy,
  RawObject,
  ServiceProbe,
} from './types.ts';

const HOLD_TIMEOUT_MS = 1000;

export class Lab {
  readonly #context: LabContext;

  private constructor(context: LabContext) {
    this.#context = context;
  }

  /** Make a lab; returns when every policy is in force. On failure nothing of it is left. */
  static async up(options: LabOptions): Promise<Lab> {
    // A lab without Services needs none of the proxy's tools.
    const proxied = options.objects.some((object) => object['kind'] === 'Service');
    checkRequirements(options.cni ?? 'bridge', proxied ? (options.proxy ?? 'nftables') : 'none');
    return withNewLabLock(options.name ?? DEFAULT_LAB, async () => new Lab(await buildLab(options)));
  }

  /** A lab that an earlier process made. `E_LAB_NONE` where there is none. */
  static async open(name: string = DEFAULT_LAB): Promise<Lab> {
    checkRoot();
    const state = new StateFile(await requireState(name));
    const { manifests, outside } = labPaths(name);
    return new Lab({ state, cluster: await ObjectFolder.open(manifests), outside: await ObjectFolder.open(outside) });
  }

  /** Clear a lab away, whole or half made. Returns the namespaces that there were: none where there was no lab. */
  static async remove(name: string = DEFAULT_LAB): Promise<readonly string[]> {
    checkRoot();
    // Without its folder nobody can be making or changing it.
    return existsSync(labPaths(name).dir) ? withLabLock(name, () => tearDownLab(name)) : tearDownLab(name);
  }

  get name(): string {
    return this.#context.state.current.name;
  }

  /** False: no agents run, policies do nothing. */
  get enforce(): boolean {
    return this.#context.state.current.enforce;
  }

  get proxy(): Proxy {
    return this.#context.state.current.proxy;
  }

  get fabric(): Fabric {
    return this.#context.state.current.fabric;
  }

  nodes(): readonly LabNode[] {
    return this.#context.state.current.nodes;
  }

  pods(): readonly LabPod[] {
    return this.#context.state.current.pods;
  }

  /** All objects with their status, as the agents see them; hosts outside the cluster are not among them. */
  objects(): readonly RawObject[] {
    return this.#context.cluster.list();
  }

  /** With the addresses and node ports that they have got; those of type ExternalName are not among them. */
  services(): readonly LabService[] {
    return readServices(this.#context.cluster.list());
  }

  /** Create or change; returns when it is in force on every node. */
  async apply(objects: readonly RawObject[]): Promise<void> {
    await withLabLock(this.name, () => changeObjects(this.#context, objects));
    await this.settle();
  }

  /** By kind, namespace and name; a namespace takes its pods and policies with it. Absent objects are passed over. */
  async delete(objects: readonly RawObject[]): Promise<void> {
    await withLabLock(this.name, () => deleteObjects(this.#context, objects));
    await this.settle();
  }

  /** Results in the order of the requests; hundreds are under way at once. `E_LAB_SERVICE` where a Service has no such address or port. */
  async probe(probes: readonly (ProbeRequest | ServiceProbe)[]): Promise<readonly ProbeResult[]> {
    return probePods(this.#context, probes);
  }

  /** `E_LAB_POD` where there is no such pod, or it has no address of that family. */
  podAddress(key: string, family: Family): string {
    return addressOf(this.#pod(key), family);
  }

  /** Run a command in the pod's network namespace; it sees the machine's files. */
  async exec(key: string, argv: readonly string[]): Promise<CommandResult> {
    return runCommand(argv, { netns: this.#pod(key).netns });
  }

  async nodeExec(name: string, argv: readonly string[]): Promise<CommandResult> {
    return runCommand(argv, { netns: this.#node(name).netns });
  }

  /** Open a TCP connection and keep it; returns its id in the pod. `E_LAB_POD` where it does not come about within a second. */
  async hold(request: HoldRequest): Promise<number> {
    const address = request.to.includes('/') ? this.podAddress(request.to, request.family ?? 4) : request.to;
    return askPod(this.#pod(request.from), 'hold', { address, port: request.port, timeoutMs: HOLD_TIMEOUT_MS });
  }

  async held(key: string): Promise<readonly HeldConnection[]> {
    return askPod(this.#pod(key), 'held', {});
  }

  /** Close a held connection. */
  async release(key: string, id: number): Promise<void> {
    await askPod(this.#pod(key), 'release', { id });
  }

  /** Returns when every agent has read the folder anew and everything in it is in force. */
  async settle(): Promise<void> {
    await settleAgents(this.#context.state.current.nodes);
  }

  /** What a node's agent says of itself; undefined where none runs or it does not answer. */
  async agentStatus(name: string): Promise<unknown> {
    const { agent } = this.#node(name);
    return agent === undefined ? undefined : agentStatus(agent);
  }

  /** Drops on one node, from now on. Ends when `signal` aborts. */
  async *events(name: string, signal: AbortSignal): AsyncGenerator<NamedEvent> {
    const { agent } = this.#node(name);
    if (agent !== undefined) yield* agentEvents(agent, signal);
  }

  async down(): Promise<void> {
    await Lab.remove(this.name);
  }

  #pod(key: string): PodState {
    return findPod(this.#context.state.current, key);
  }

  #node(name: string): NodeState {
    const node = this.#context.state.current.nodes.find((candidate) => candidate.name === name);
    if (node !== undefined) return node;
    throw new PosternError('E_LAB_NODE', `the lab "${this.name}" has no node ${name}`, { mend: 'postern lab status lists its nodes' });
  }
}
