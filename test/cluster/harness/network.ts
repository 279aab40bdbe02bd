/** The wires: a bridge that joins the control plane and the nodes, and the routes or the overlay between their pods. */

import { runChecked } from '../../../src/lab/processes/run-command.ts';
import type { ClusterPlan, NodePlan } from './plan.ts';

export const FABRIC_BRIDGE = 'br0';

export async function buildNetwork(plan: ClusterPlan): Promise<void> {
  const { fabricNetns, controlNetns, nodes } = plan;
  const machines = [
    { netns: controlNetns, address: plan.apiAddress, address6: plan.apiAddress6, port: 'control' },
    ...nodes.map((node) => ({ ...node, port: node.name })),
  ];
  await ip([`netns add ${fabricNetns}`, ...machines.map(({ netns }) => `netns add ${netns}`)]);
  await ip([`link add ${FABRIC_BRIDGE} type bridge`, `link set ${FABRIC_BRIDGE} up`], fabricNetns);
  for (const { netns, address, address6, port } of machines) {
    await ip([`link add ${port} type veth peer name eth0 netns ${netns}`, `link set ${port} master ${FABRIC_BRIDGE} up`], fabricNetns);
    await ip(['link set lo up', `addr add ${address}/24 dev eth0`, `addr add ${address6}/64 dev eth0 nodad`, 'link set eth0 up'], netns);
    const settings = [
      'net.ipv4.ip_forward=1',
      'net.ipv6.conf.all.forwarding=1',
      'net.ipv4.conf.all.rp_filter=0',
      'net.ipv4.conf.default.rp_filter=0',
    ];
    await runChecked(['sysctl', '-qw', ...settings], { netns });
  }
  for (const node of nodes) {
    await joinPods(plan, node);
    // It leads nowhere further; without one a node's own processes reach no Service.
    await ip([`route add default via ${plan.apiAddress}`, `-6 route add default via ${plan.apiAddress6}`], node.netns);
  }
  const first = nodes[0];
  if (first === undefined) throw new Error('a cluster has a node at least');
  const toPods = nodes.flatMap((node) => [
    `route add ${node.podRange} via ${node.address}`,
    `-6 route add ${node.podRange6} via ${node.address6}`,
  ]);
  // The suite asks Services from there too, by way of the first node.
  const toServices = [`route add ${plan.serviceRange} via ${first.address}`, `-6 route add ${plan.serviceRange6} via ${first.address6}`];
  await ip([...toPods, ...toServices], controlNetns);
}

export async function removeNetwork({ fabricNetns, controlNetns, nodes }: ClusterPlan): Promise<void> {
  const present = new Set((await runChecked(['ip', 'netns', 'list'])).split('\n').map((line) => line.split(' ')[0]));
  const ours = [fabricNetns, controlNetns, ...nodes.map(({ netns }) => netns)].filter((netns) => present.has(netns));
  await ip(ours.map((netns) => `netns del ${netns}`));
}

/** IPv4 and IPv6 source of what a node's own processes send to pods of other nodes, and of whom it hides. */
export function shownAddresses(plan: ClusterPlan, node: NodePlan): readonly [string, string] {
  return plan.options.fabric === 'vxlan' ? [overlayAddress(node), overlayAddress6(node)] : [node.address, node.address6];
}

async function joinPods(plan: ClusterPlan, node: NodePlan): Promise<void> {
  const others = plan.nodes.filter((other) => other !== node);
  if (plan.options.fabric === 'routed') {
    await ip(
      others.flatMap((other) => [
        `route add ${other.podRange} via ${other.address}`,
        `-6 route add ${other.podRange6} via ${other.address6}`,
      ]),
      node.netns,
    );
    return;
  }
  // As Flannel's vxlan backend: one device, whose address is the pod range's first, with a route, a neighbour and a forwarding entry for each other node.
  await ip(
    [
      `link add flannel.1 type vxlan id 1 dev eth0 local ${node.address} dstport 8472 nolearning`,
      `link set flannel.1 address ${macOf(node)} mtu 1450 up`,
      `addr add ${overlayAddress(node)}/32 dev flannel.1`,
      `addr add ${overlayAddress6(node)}/128 dev flannel.1 nodad`,
      ...others.flatMap((other) => [
        `neigh add ${overlayAddress(other)} lladdr ${macOf(other)} dev flannel.1 nud permanent`,
        `-6 neigh add ${overlayAddress6(other)} lladdr ${macOf(other)} dev flannel.1 nud permanent`,
        `route add ${other.podRange} via ${overlayAddress(other)} dev flannel.1 onlink`,
        `-6 route add ${other.podRange6} via ${overlayAddress6(other)} dev flannel.1 onlink`,
      ]),
    ],
    node.netns,
  );
  for (const other of others)
    await runChecked(['bridge', 'fdb', 'add', macOf(other), 'dev', 'flannel.1', 'dst', other.address], { netns: node.netns });
}

function overlayAddress(node: NodePlan): string {
  return node.podRange.replace(/\/.*/, '');
}

function overlayAddress6(node: NodePlan): string {
  return node.podRange6.replace(/\/.*/, '');
}

function macOf(node: NodePlan): string {
  return `02:89:00:00:00:${node.index.toString(16).padStart(2, '0')}`;
}

async function ip(lines: readonly string[], netns?: string): Promise<void> {
  for (const line of lines) await runChecked(['ip', ...(netns === undefined ? [] : ['-n', netns]), ...line.split(' ')]);
}
