/** Who has which address in a lab. Every lab has the same ones: nothing is shared between two labs' namespaces. */

import { PosternError } from '../../model/error.ts';

/** Beyond it the last decimal of a node's address would meet the outside hosts' range or 255. */
export const MOST_NODES = 90;

/** IPv4, IPv6. Decimal digits are used as they are in IPv6 too: node 1 is `10.89.0.11` and `fd00:10:89::11`. */
export function nodeAddresses(index: number): readonly [string, string] {
  return [`10.89.0.${10 + index}`, `fd00:10:89::${10 + index}`];
}

export function podSubnets(index: number): readonly [string, string] {
  return [`10.244.${index}.0/24`, `fd00:10:244:${index}::/64`];
}

/** The network that the nodes' own interfaces are in. */
export const NODE_NETWORKS: readonly [string, string] = ['10.89.0.0/24', 'fd00:10:89::/64'];

/** All pods of all nodes: what kube-proxy calls the cluster's CIDR. */
export const POD_RANGES: readonly [string, string] = ['10.244.0.0/16', 'fd00:10:244::/48'];

/** Cluster addresses of Services that ask for none. */
export const CLUSTER_RANGES: readonly [string, string] = ['10.96.0.0/16', 'fd00:10:96::/112'];

/** Addresses that the lab gives to Services of type LoadBalancer, as a cloud's balancer would (documentation addresses). */
export const BALANCER_RANGES: readonly [string, string] = ['203.0.113.0/24', '2001:db8:113::/120'];

/** Hosts that stand outside the cluster (documentation addresses), on the same wire as the nodes. */
export const OUTSIDE_NETWORKS: readonly [string, string] = ['198.51.100.0/24', '2001:db8:100::/64'];

export function outsideAddresses(host: number): readonly [string, string] {
  return [`198.51.100.${host}`, `2001:db8:100::${host}`];
}

/** The VXLAN device's own address in each family: the first of the node's pod network, as Flannel takes it. */
export function overlayAddresses(index: number): readonly [string, string] {
  return [`10.244.${index}.0`, `fd00:10:244:${index}::`];
}

/** Locally administered, so that every node can know the others' without asking. */
export function overlayMac(index: number): string {
  return `02:89:00:00:00:${index.toString(16).padStart(2, '0')}`;
}

export function checkNodeCount(count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= MOST_NODES) return count;
  throw new PosternError('E_LAB_NODES', `a lab cannot have ${count} nodes`, { mend: `ask for 1 to ${MOST_NODES}` });
}
