/** A node: network and mount namespaces of its own, with containerd, kubelet and kube-proxy at the paths that they have on any machine. */

import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { enterNamespace, runChecked } from '../../../src/lab/processes/run-command.ts';
import { kubeconfigOf } from './credentials.ts';
import type { ClusterPlan, NodePlan } from './plan.ts';
import type { Processes } from './processes.ts';

export const PAUSE_IMAGE = 'postern.test/pause:1';
const CNI_PLUGINS = ['/usr/lib/cni', '/opt/cni/bin', '/usr/libexec/cni'];
const START_TIMEOUT_MS = 60_000;

export async function startNode(
  plan: ClusterPlan,
  node: NodePlan,
  bin: string,
  processes: Processes,
  images: readonly string[],
): Promise<void> {
  prepareFolder(node);
  processes.start({
    name: node.name,
    argv: [
      ...enterNamespace(node.netns, [
        'unshare',
        '--mount',
        '--propagation',
        'private',
        'sh',
        '-euc',
        MAKE_MACHINE,
        'sh',
        node.folder,
        pluginFolder(),
      ]),
    ],
  });
  await waitFor(`${node.name}'s mounts`, processes, node.name, join(node.folder, 'ready'));
  const enter = (argv: readonly string[]): string[] => enterNode(node, processes, argv);
  const inNode = (path: string): string => pathInNode(node, processes, path);

  writeFileSync(inNode('/etc/cni/net.d/10-pods.conflist'), JSON.stringify(cniConfiguration(plan, node)));
  writeFileSync(inNode('/etc/containerd.toml'), CONTAINERD);
  processes.start({
    name: `${node.name}-containerd`,
    argv: enter([join(bin, 'containerd'), '-c', '/etc/containerd.toml']),
    env: { PATH: `${bin}:${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  await waitFor(`${node.name}'s containerd`, processes, `${node.name}-containerd`, inNode('/run/containerd/containerd.sock'));
  for (const image of images) await importImage(node, bin, processes, image);

  writeFileSync(inNode('/etc/kubelet.yaml'), JSON.stringify(KUBELET));
  const addresses = `--node-ip=${node.address},${node.address6}`;
  const kubelet = [
    join(bin, 'hyper'),
    'kubelet',
    '--config=/etc/kubelet.yaml',
    `--kubeconfig=${kubeconfigOf(plan, node.name)}`,
    `--hostname-override=${node.name}`,
    addresses,
  ];
  processes.start({ name: `${node.name}-kubelet`, argv: enter(kubelet) });
  writeFileSync(inNode('/etc/proxy.yaml'), JSON.stringify(proxyConfiguration(plan, node)));
  processes.start({ name: `${node.name}-proxy`, argv: enter([join(bin, 'hyper'), 'kube-proxy', '--config=/etc/proxy.yaml']) });
}

/** A path in the node's mount namespace, as the machine reaches it. */
export function pathInNode(node: NodePlan, processes: Processes, path: string): string {
  return `/proc/${processes.idOf(node.name).pid}/root${path}`;
}

/** A command in the node's namespaces. */
export function enterNode(node: NodePlan, processes: Processes, argv: readonly string[]): string[] {
  return ['nsenter', '--target', String(processes.idOf(node.name).pid), '--mount', '--net', '--', ...argv];
}

export async function importImage(node: NodePlan, bin: string, processes: Processes, archive: string): Promise<void> {
  await runChecked(enterNode(node, processes, [join(bin, 'ctr'), '-n', 'k8s.io', 'images', 'import', '--local', archive]));
}

/**
 * The machine's file system with the node's own /run, /etc, /opt, /var/lib and /var/log laid over it. Everything mounted here is gone with the last
 * process of the namespace.
 */
const MAKE_MACHINE = `
folder=$1 plugins=$2
overlay() { mkdir -p "$folder/$1" "$folder/$1.work"; mount -t overlay overlay -o "lowerdir=/$1,upperdir=$folder/$1,workdir=$folder/$1.work" "/$1"; }
overlay etc
overlay opt
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /var/log
mkdir -p /run/netns /etc/cni/net.d /opt/cni/bin /var/lib/kubelet /var/lib/containerd /var/lib/cni /var/log/pods /var/log/containers
mkdir -p "$folder/containerd" "$folder/pods"
mount --bind "$folder/containerd" /var/lib/containerd
mount --bind "$folder/pods" /var/log/pods
cp -n "$plugins"/* /opt/cni/bin/
mount -t bpf bpf /sys/fs/bpf
mount --make-rshared /
touch "$folder/ready"
exec sleep infinity
`;

function prepareFolder(node: NodePlan): void {
  mkdirSync(node.folder, { recursive: true });
  // Images stay, with what they are unpacked to; containers of a former cluster do not.
  rmSync(join(node.folder, 'ready'), { force: true });
}

function pluginFolder(): string {
  const found = CNI_PLUGINS.find((folder) => existsSync(join(folder, 'bridge')));
  if (found === undefined) throw new Error('no CNI plugins here: install containernetworking-plugins');
  return found;
}

async function waitFor(what: string, processes: Processes, name: string, path: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!existsSync(path)) {
    processes.check(name);
    if (performance.now() > deadline)
      throw new Error(`${what} is not there after ${START_TIMEOUT_MS / 1000} s: see ${processes.logOf(name)}`);
    await sleep(50);
  }
}

function cniConfiguration(plan: ClusterPlan, node: NodePlan): unknown {
  const bridge = plan.options.cni === 'bridge' ? { type: 'bridge', bridge: 'cni0', isGateway: true, hairpinMode: true } : { type: 'ptp' };
  // So few that pods who come and go soon have each other's.
  const ranges = [
    [{ subnet: node.podRange, rangeEnd: node.podRange.replace(/0\/24$/, '129') }],
    [{ subnet: node.podRange6, rangeEnd: node.podRange6.replace(/\/64$/, '81') }],
  ];
  // An overlay takes 50 bytes of each packet.
  const mtu = plan.options.fabric === 'vxlan' ? { mtu: 1450 } : {};
  const ipam = { type: 'host-local', dataDir: '/var/lib/cni/networks', ranges, routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }] };
  return {
    cniVersion: '1.0.0',
    name: 'pods',
    plugins: [
      { ...bridge, ...mtu, ipMasq: false, ipam },
      { type: 'portmap', capabilities: { portMappings: true }, backend: 'iptables' },
    ],
  };
}

const CONTAINERD = `
version = 3
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${PAUSE_IMAGE}"
[plugins."io.containerd.cri.v1.runtime"]
  # Some machines lack CAP_SYS_RESOURCE.
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["/opt/cni/bin"]
  conf_dir = "/etc/cni/net.d"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
`;

const KUBELET = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  // The machine's cgroups are shared by all nodes, and may be of version 1.
  failCgroupV1: false,
  cgroupDriver: 'cgroupfs',
  cgroupsPerQOS: false,
  enforceNodeAllocatable: [],
  cgroupRoot: '/',
  localStorageCapacityIsolation: false,
  failSwapOn: false,
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
  evictionHard: { 'memory.available': '100Mi' },
  maxPods: 250,
  registryPullQPS: 0,
  kubeAPIQPS: 50,
};

function proxyConfiguration(plan: ClusterPlan, node: NodePlan): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: plan.options.proxy,
    // What is written is soon in force; the default lets changes gather for a second.
    iptables: { minSyncPeriod: '10ms' },
    nftables: { minSyncPeriod: '10ms' },
    clusterCIDR: plan.podRanges,
    hostnameOverride: node.name,
    clientConnection: { kubeconfig: kubeconfigOf(plan, 'admin') },
    // Global settings are not a node's to change.
    conntrack: { maxPerCore: 0, min: 0 },
    bindAddress: node.address,
    nodePortAddresses: [],
  };
}
