/** A container runtime's part of CNI: calls the plugins of a list one after the other, each with the result of those before. */

import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { NetworkNamespace } from '../../native/support/network-namespace.ts';
import { PLUGINS } from './world.ts';

export const SUBNETS = ['10.98.7.0/24', 'fd00:98:7::/64'];

export interface ChainOutcome {
  readonly code: number | null;
  readonly output: string;
  readonly ms: number;
}

export interface ChainPod {
  readonly netns: NetworkNamespace;
  readonly name: string;
  readonly uid: string;
}

type Command = 'ADD' | 'DEL' | 'CHECK' | 'STATUS' | 'VERSION' | 'GC';

/** What a plugin is told of a pod; nothing for STATUS, VERSION and GC. */
function argumentsOf(pod: ChainPod | undefined): Readonly<Record<string, string>> {
  if (pod === undefined) return {};
  const names = `K8S_POD_NAMESPACE=shop;K8S_POD_NAME=${pod.name};K8S_POD_INFRA_CONTAINER_ID=${pod.netns.name};K8S_POD_UID=${pod.uid}`;
  return {
    CNI_CONTAINERID: pod.netns.name,
    CNI_NETNS: pod.netns.path,
    CNI_IFNAME: 'eth0',
    CNI_ARGS: `IgnoreUnknown=1;${names}`,
  };
}

export class CniChain implements Disposable {
  /** Compiled as the image's is. */
  readonly binDir = mkdtempSync(join(tmpdir(), 'postern-test-'));
  readonly #node: NetworkNamespace;
  readonly #socket: string;
  readonly #version: string;
  readonly #results = new Map<string, unknown>();

  constructor(node: NetworkNamespace, socket: string, version = '1.0.0') {
    this.#node = node;
    this.#socket = socket;
    this.#version = version;
    execFileSync('sh', ['scripts/build-cni.sh', join(this.binDir, 'postern-cni')]);
  }

  /** Up to the first plugin that fails, whose words it returns; `ms` is the last plugin's time. */
  async add(pod: ChainPod): Promise<ChainOutcome> {
    const attached = await this.attach(pod);
    return attached.code === 0 ? this.ask('ADD', pod) : attached;
  }

  /** What comes before our plugin. */
  async attach(pod: ChainPod): Promise<ChainOutcome> {
    const attached = await this.#call('bridge', 'ADD', pod);
    if (attached.code === 0) this.#results.set(pod.netns.name, JSON.parse(attached.output));
    return attached;
  }

  /** Our plugin alone. */
  ask(command: Command, pod?: ChainPod): Promise<ChainOutcome> {
    return this.#call('postern-cni', command, pod);
  }

  async del(pod: ChainPod): Promise<ChainOutcome> {
    const ours = await this.ask('DEL', pod);
    const theirs = await this.#call('bridge', 'DEL', pod);
    return ours.code === 0 ? theirs : ours;
  }

  /** IPv4 first. */
  addressesOf({ netns }: ChainPod): readonly string[] {
    const { ips } = this.#results.get(netns.name) as { ips: readonly { address: string }[] };
    return ips.map(({ address }) => address.split('/')[0] ?? '').toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
  }

  [Symbol.dispose](): void {
    rmSync(this.binDir, { recursive: true, force: true });
  }

  async #call(plugin: 'bridge' | 'postern-cni', command: Command, pod: ChainPod | undefined): Promise<ChainOutcome> {
    const begun = performance.now();
    const folders = [this.binDir, PLUGINS];
    const child = spawn('nsenter', [`--net=${this.#node.path}`, plugin], {
      env: {
        PATH: [...folders, process.env['PATH']].join(delimiter),
        CNI_COMMAND: command,
        CNI_PATH: folders.join(delimiter),
        ...argumentsOf(pod),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // A plugin that needs no configuration may end before it has read it.
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(this.#configOf(plugin, pod)));
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('exit', resolve);
      child.once('error', reject);
    });
    const [code, output] = await Promise.all([ended, text(child.stdout)]);
    return { code, output, ms: performance.now() - begun };
  }

  #configOf(plugin: 'bridge' | 'postern-cni', pod: ChainPod | undefined): object {
    const common = { cniVersion: this.#version, name: 'chain', type: plugin };
    const prevResult = pod === undefined ? undefined : this.#results.get(pod.netns.name);
    if (plugin === 'postern-cni') return { ...common, socket: this.#socket, ...(prevResult === undefined ? {} : { prevResult }) };
    const routes = [{ dst: '0.0.0.0/0' }, { dst: '::/0' }];
    const ipam = {
      type: 'host-local',
      dataDir: join(this.binDir, 'ipam'),
      ranges: SUBNETS.map((subnet) => [{ subnet }]),
      routes,
    };
    return { ...common, bridge: 'cni7', isGateway: true, ipMasq: false, ipam };
  }
}
