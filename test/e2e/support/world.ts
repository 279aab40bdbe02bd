/** A node made by hand: a namespace, pods by CNI plugins, a folder of manifests, and the real agent. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NetworkNamespace } from '../../native/support/network-namespace.ts';
import { AgentProcess, uninstallAgent, type AgentPlace } from './agent-process.ts';
import { enterAndDieWithUs, enterByIpNetns, type Enter } from './enter.ts';
import { ManifestFolder, nodeObject, podObject, policyObject, type PodFacts } from './manifests.ts';
import { trackConnections } from './node-conntrack.ts';
import type { OtherBuild } from './other-build.ts';
import { PacketCounter } from './packet-counter.ts';
import { Traffic } from './traffic.ts';

export const PLUGINS = '/usr/lib/cni';
const NETWORK = 'test';
const RUN = '/run/postern';
const PREFIX = 'test-e2e-';
/** Echo. */
export const TCP_PORT = 80;
/** Numbers, both ways. */
export const TALK_PORT = 81;
/** Echo, whose packets nobody counts. */
export const OTHER_PORT = 82;
export const UDP_PORT = 53;

export type Plugin = 'bridge' | 'ptp' | 'macvlan';

/** Duplicate address detection would keep IPv6 addresses unusable for seconds. */
const SWITCHES = [
  'ipv6/conf/all/disable_ipv6=0',
  'ipv6/conf/default/disable_ipv6=0',
  'ipv6/conf/all/accept_dad=0',
  'ipv6/conf/default/accept_dad=0',
  'ipv6/conf/default/dad_transmits=0',
  'ipv6/conf/default/accept_ra=0',
];
const NODE_SWITCHES = ['ipv4/ip_forward=1', 'ipv6/conf/all/forwarding=1'];

export interface WorldPod {
  readonly name: string;
  readonly netns: NetworkNamespace;
  readonly v4: string;
  readonly v6: string;
  readonly traffic: Traffic;
  readonly packets: PacketCounter;
  /** Puts its manifest, or another of it. */
  tell(facts?: Partial<PodFacts>): void;
  /** Takes the namespace, and with it the interface, away. */
  destroy(): void;
}

export interface WorldOptions {
  readonly plugin?: Plugin;
  /** Bridged packets pass netfilter (br_netfilter), as kube-proxy needs it. Default true. */
  readonly bridgeNetfilter?: boolean;
  /** Second and third number of the pods' networks: two nodes have two. Default 1. */
  readonly index?: number;
  /** The node's kernel tracks connections, as it does beside kube-proxy. Default false. */
  readonly tracked?: boolean;
}

let count = 0;

export class World {
  readonly node = new NetworkNamespace();
  readonly nodeName: string;
  readonly manifests = new ManifestFolder();
  readonly place: AgentPlace;
  readonly #plugin: Plugin;
  readonly #folder: string;
  readonly #run: string;
  readonly #subnets: readonly string[];
  readonly #disposables: Disposable[] = [];

  constructor(options: WorldOptions = {}) {
    removeLeftovers();
    count += 1;
    const index = options.index ?? 1;
    this.nodeName = `node-${index}`;
    this.#plugin = options.plugin ?? 'ptp';
    this.#subnets = [`10.98.${index}.0/24`, `fd00:98:${index}::/64`];
    this.#folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
    this.#run = join(RUN, `${PREFIX}${process.pid}-${count}`);
    mkdirSync(this.#run, { recursive: true });
    const bridge = (['iptables', 'ip6tables'] as const).map(
      (table) => `bridge/bridge-nf-call-${table}=${options.bridgeNetfilter === false ? 0 : 1}`,
    );
    setSwitches(this.node, [...SWITCHES, ...NODE_SWITCHES, ...bridge]);
    if (options.tracked === true) trackConnections(this.node);
    this.place = {
      node: this.nodeName,
      netns: this.node.path,
      manifests: this.manifests.path,
      bpfRoot: join(this.#run, 'bpf'),
      socket: join(this.#run, 'agent.sock'),
    };
    this.manifests.put('node.json', nodeObject(this.nodeName, []));
  }

  /** Connects a pod and starts its process, which serves. Its manifest is put unless `quiet`. `addresses`: of a pod that is gone. */
  async addPod(
    name: string,
    options: { readonly quiet?: boolean; readonly plugin?: Plugin; readonly more?: object; readonly addresses?: readonly string[] } = {},
  ): Promise<WorldPod> {
    const netns = this.addNamespace();
    const wanted = options.addresses === undefined ? {} : this.#releaseLeases(options.addresses);
    const addresses = this.connect(netns, options.plugin ?? this.#plugin, { ...options.more, ...wanted });
    const traffic = new Traffic(netns.path);
    this.#disposables.push(traffic);
    await traffic.ask({ op: 'serve', echo: [TCP_PORT, OTHER_PORT], talk: [TALK_PORT], udp: [UDP_PORT] });
    const tell = (facts: Partial<PodFacts> = {}): void =>
      this.manifests.put(`pod-${name}.json`, podObject({ name, node: this.nodeName, addresses, ...facts }));
    if (options.quiet !== true) tell();
    const destroy = (): void => {
      traffic[Symbol.dispose]();
      netns[Symbol.dispose]();
      this.#disposables.splice(this.#disposables.indexOf(netns), 1);
    };
    const packets = new PacketCounter(netns, [TCP_PORT, TALK_PORT, UDP_PORT]);
    return { name, netns, v4: addresses[0] ?? '', v6: addresses[1] ?? '', traffic, packets, tell, destroy };
  }

  addPods<Names extends readonly string[]>(...names: Names): Promise<{ [Index in keyof Names]: WorldPod }> {
    return Promise.all(names.map((name) => this.addPod(name))) as Promise<{ [Index in keyof Names]: WorldPod }>;
  }

  /** A namespace with no interface but loopback. */
  addNamespace(): NetworkNamespace {
    const netns = new NetworkNamespace();
    this.#disposables.push(netns);
    setSwitches(netns, SWITCHES);
    return netns;
  }

  /** Whoever had these addresses is gone; asks for them. */
  #releaseLeases(addresses: readonly string[]): object {
    for (const address of addresses) rmSync(join(this.#folder, 'ipam', NETWORK, address), { force: true });
    return { args: { cni: { ips: addresses } } };
  }

  /** CNI ADD; returns the addresses, IPv4 first. */
  connect(netns: NetworkNamespace, plugin: Plugin, more: object = {}): readonly string[] {
    const routes = [{ dst: '0.0.0.0/0' }, { dst: '::/0' }];
    const config = {
      cniVersion: '1.0.0',
      name: NETWORK,
      type: plugin,
      ...(plugin === 'bridge' ? { bridge: 'cni0', isGateway: true, hairpinMode: true } : {}),
      ...more,
      ipam: { type: 'host-local', dataDir: join(this.#folder, 'ipam'), ranges: this.#subnets.map((subnet) => [{ subnet }]), routes },
    };
    const env = {
      PATH: process.env['PATH'],
      CNI_COMMAND: 'ADD',
      CNI_CONTAINERID: netns.name,
      CNI_NETNS: netns.path,
      CNI_IFNAME: 'eth0',
      CNI_PATH: PLUGINS,
    };
    const input = JSON.stringify(config);
    const printed = execFileSync('nsenter', [`--net=${this.node.path}`, join(PLUGINS, plugin)], { encoding: 'utf8', input, env });
    const { ips } = JSON.parse(printed) as { ips: { address: string }[] };
    const addresses = ips.map(({ address }) => address.split('/')[0] ?? '');
    return addresses.toSorted((a, b) => Number(a.includes(':')) - Number(b.includes(':')));
  }

  policy(name: string, spec: object): void {
    this.manifests.put(`policy-${name}.json`, policyObject(name, spec));
  }

  startAgent(...options: readonly string[]): AgentProcess {
    return this.#keep(new AgentProcess(this.place, options));
  }

  startAgentByIpNetns(): AgentProcess {
    return this.#keep(new AgentProcess(this.place, [], enterByIpNetns));
  }

  /** `enter` makes the command line that runs it in the node's namespace. */
  async settledAgentIn(enter: Enter): Promise<AgentProcess> {
    const agent = this.#keep(new AgentProcess(this.place, [], enter));
    await agent.settle();
    return agent;
  }

  async settledAgent(...options: readonly string[]): Promise<AgentProcess> {
    const agent = this.startAgent(...options);
    await agent.settle();
    return agent;
  }

  startAgentOf(build: OtherBuild, ...options: readonly string[]): AgentProcess {
    return this.#keep(new AgentProcess(this.place, options, enterAndDieWithUs, build.main));
  }

  async settledAgentOf(build: OtherBuild, ...options: readonly string[]): Promise<AgentProcess> {
    const agent = this.startAgentOf(build, ...options);
    await agent.settle();
    return agent;
  }

  uninstall(): { code: number | null; output: string } {
    return uninstallAgent(this.place);
  }

  #keep(agent: AgentProcess): AgentProcess {
    this.#disposables.push(agent);
    return agent;
  }

  /** Index of the host side of a pod's interface. */
  hostSideOf(pod: NetworkNamespace, name = 'eth0'): number {
    return (JSON.parse(pod.ip(`-j link show ${name}`)) as { link_index: number }[])[0]?.link_index ?? 0;
  }

  /** The qdisc that cls_bpf filters stand under, on the host side of a pod's interface. */
  addClsact(pod: NetworkNamespace): void {
    const { ifname } = (JSON.parse(this.node.ip('-j link')) as { ifindex: number; ifname: string }[]).find(
      ({ ifindex }) => ifindex === this.hostSideOf(pod),
    ) ?? { ifname: '' };
    this.node.run('tc', ['qdisc', 'add', 'dev', ifname, 'clsact']);
  }

  [Symbol.dispose](): void {
    for (const disposable of this.#disposables.toReversed()) disposable[Symbol.dispose]();
    this.node[Symbol.dispose]();
    this.manifests[Symbol.dispose]();
    removeRun(this.#run);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function setSwitches(netns: NetworkNamespace, switches: readonly string[]): void {
  const lines = switches
    .map((line) => line.split('='))
    .map(([key, value]) => `[ ! -e /proc/sys/net/${key} ] || echo ${value} > /proc/sys/net/${key}`);
  netns.run('sh', ['-c', lines.join('\n')]);
}

/** Folders of tests whose process died; what is pinned there goes with the mount. */
function removeLeftovers(): void {
  mkdirSync(RUN, { recursive: true });
  for (const name of readdirSync(RUN)) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) removeRun(join(RUN, name));
  }
}

function removeRun(run: string): void {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  for (const mount of mounts.filter((path) => path.startsWith(`${run}/`)).toReversed()) execFileSync('umount', ['--lazy', mount]);
  rmSync(run, { recursive: true, force: true });
}
