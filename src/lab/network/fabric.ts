/** The wire between the nodes: a bridge in a namespace of its own, and plain or VXLAN routes to the others' pods. */

import {
  BALANCER_RANGES,
  CLUSTER_RANGES,
  nodeAddresses,
  NODE_NETWORKS,
  OUTSIDE_NETWORKS,
  outsideAddresses,
  overlayAddresses,
  overlayMac,
  podSubnets,
} from './addressing.ts';
import { runBatch } from './namespaces.ts';
import { runChecked } from '../processes/run-command.ts';
import type { Fabric, LabNode } from '../types.ts';

const FABRIC_BRIDGE = 'fabric0';
const NODE_INTERFACE = 'eth0';
const OVERLAY = 'vxlan1';
/** Ethernet's 1500 less outer Ethernet, IPv4, UDP and VXLAN headers. */
export const OVERLAY_MTU = 1450;

const SERVICE_RANGES: readonly string[] = [...CLUSTER_RANGES, ...BALANCER_RANGES];

/** Join all nodes. Every namespace exists and is configured. */
export async function buildFabric(fabricNetns: string, nodes: readonly LabNode[], fabric: Fabric): Promise<void> {
  const cables = nodes.flatMap((node) => cable(`node${node.index}`, node.netns));
  await runBatch([`link add ${FABRIC_BRIDGE} type bridge`, `link set ${FABRIC_BRIDGE} up`, ...cables], fabricNetns);
  await Promise.all(nodes.map((node) => connectNode(node, nodes, fabric)));
}

/** Put a host that is no node on the wire; `host` is the last number of its addresses. */
export async function connectOutsideHost(fabricNetns: string, netns: string, host: number, nodes: readonly LabNode[]): Promise<void> {
  await runBatch(cable(`out${host}`, netns), fabricNetns);
  const [v4, v6] = outsideAddresses(host);
  const [nodes4, nodes6] = NODE_NETWORKS;
  await runBatch(
    [
      `link set ${NODE_INTERFACE} up`,
      `addr add ${v4}/24 dev ${NODE_INTERFACE}`,
      `addr add ${v6}/64 dev ${NODE_INTERFACE}`,
      `route add ${nodes4} dev ${NODE_INTERFACE}`,
      `route add ${nodes6} dev ${NODE_INTERFACE}`,
      ...nodes.flatMap((node) => routesThroughNode(node)),
      ...nodes.slice(0, 1).flatMap((node) => SERVICE_RANGES.map((range) => routeFromOutside(range, node))),
    ],
    netns,
  );
}

/** A node rewrites what it sends to a Service, but only what it has a route for. */
export function routeFromNode(destination: string): string {
  return `route replace ${destination} dev ${NODE_INTERFACE}`;
}

/** A host outside reaches Services through a node, as if a router had chosen it. */
export function routeFromOutside(destination: string, node: LabNode): string {
  const [via4, via6] = nodeAddresses(node.index);
  return `route replace ${destination} via ${destination.includes(':') ? via6 : via4} dev ${NODE_INTERFACE}`;
}

/** Both ends are made inside the lab's namespaces: nothing ever stands in the machine's own. */
function cable(port: string, netns: string): string[] {
  return [`link add ${port} type veth peer name ${NODE_INTERFACE} netns ${netns}`, `link set ${port} master ${FABRIC_BRIDGE} up`];
}

async function connectNode(node: LabNode, nodes: readonly LabNode[], fabric: Fabric): Promise<void> {
  const [v4, v6] = nodeAddresses(node.index);
  const [outside4, outside6] = OUTSIDE_NETWORKS;
  const others = nodes.filter((other) => other.index !== node.index);
  const lines = [
    `link set ${NODE_INTERFACE} up`,
    `addr add ${v4}/24 dev ${NODE_INTERFACE}`,
    `addr add ${v6}/64 dev ${NODE_INTERFACE}`,
    `route add ${outside4} dev ${NODE_INTERFACE}`,
    `route add ${outside6} dev ${NODE_INTERFACE}`,
    ...SERVICE_RANGES.map(routeFromNode),
  ];
  switch (fabric) {
    case 'routed':
      await runBatch([...lines, ...others.flatMap(routesThroughNode)], node.netns);
      return;
    case 'vxlan':
      await runBatch([...lines, ...overlayDevice(node), ...others.flatMap(routesThroughOverlay)], node.netns);
      await fillForwarding(node, others);
      return;
  }
}

function routesThroughNode(node: LabNode): string[] {
  const [via4, via6] = nodeAddresses(node.index);
  const [subnet4, subnet6] = podSubnets(node.index);
  return [`route add ${subnet4} via ${via4} dev ${NODE_INTERFACE}`, `route add ${subnet6} via ${via6} dev ${NODE_INTERFACE}`];
}

function overlayDevice(node: LabNode): string[] {
  const [local] = nodeAddresses(node.index);
  const [own4, own6] = overlayAddresses(node.index);
  return [
    `link add ${OVERLAY} address ${overlayMac(node.index)} mtu ${OVERLAY_MTU} type vxlan id 1 dstport 8472 local ${local} dev ${NODE_INTERFACE} nolearning`,
    `link set ${OVERLAY} up`,
    `addr add ${own4}/32 dev ${OVERLAY}`,
    `addr add ${own6}/128 dev ${OVERLAY}`,
  ];
}

/** Flannel's way: the route goes to the other device's own address, whose neighbour entry is permanent. */
function routesThroughOverlay(other: LabNode): string[] {
  const [via4, via6] = overlayAddresses(other.index);
  const [subnet4, subnet6] = podSubnets(other.index);
  const mac = overlayMac(other.index);
  return [
    `neigh add ${via4} lladdr ${mac} dev ${OVERLAY} nud permanent`,
    `neigh add ${via6} lladdr ${mac} dev ${OVERLAY} nud permanent`,
    `route add ${subnet4} via ${via4} dev ${OVERLAY} onlink`,
    `route add ${subnet6} via ${via6} dev ${OVERLAY} onlink`,
  ];
}

async function fillForwarding(node: LabNode, others: readonly LabNode[]): Promise<void> {
  if (others.length === 0) return;
  const lines = others.map((other) => `fdb append ${overlayMac(other.index)} dev ${OVERLAY} dst ${nodeAddresses(other.index)[0]}\n`);
  await runChecked(['bridge', '-n', node.netns, '-batch', '-'], { input: lines.join('') });
}
