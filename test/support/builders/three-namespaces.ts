/** The world of the upstream network policy tests: pods a, b and c in each of the namespaces x, y and z, on two nodes. */

import { namespaceManifest, nodeManifest, podManifest } from './manifests.ts';
import type { Manifest, PortManifest } from './manifests.ts';
import { PROTOCOLS } from '../../../src/model/verdict.ts';

export const NAMESPACES = ['x', 'y', 'z'] as const;
export const POD_NAMES = ['a', 'b', 'c'] as const;
export const SERVED_PORTS = [80, 81] as const;

/** `x/a`, `x/b` … `z/c` */
export const ALL_PODS: readonly string[] = NAMESPACES.flatMap((ns) => POD_NAMES.map((name) => `${ns}/${name}`));

/** Neighbours in name are on different nodes, so that every case crosses the fabric and also stays on a node. */
export function nodeOf(pod: string): string {
  return `node-${(ALL_PODS.indexOf(pod) % 2) + 1}`;
}

/** Addresses as a lab gives them out. */
export const NODE_ADDRESSES: Readonly<Record<string, readonly [string, string]>> = {
  'node-1': ['10.89.0.11', 'fd00:10:89::11'],
  'node-2': ['10.89.0.12', 'fd00:10:89::12'],
};

/** A host outside the cluster. */
export const STRANGER: readonly [string, string] = ['198.51.100.7', '2001:db8:100::7'];

/** IPv4, IPv6 */
export function podAddresses(pod: string): readonly [string, string] {
  const host = ALL_PODS.indexOf(pod) + 2;
  const subnet = nodeOf(pod).slice('node-'.length);
  return [`10.244.${subnet}.${host}`, `fd00:10:244:${subnet}::${host}`];
}

/** One container for each port and protocol, as upstream has it, named `serve-80-tcp` and so on. */
export function servingContainers(): readonly (readonly PortManifest[])[] {
  return SERVED_PORTS.flatMap((containerPort) =>
    PROTOCOLS.map((protocol) => [{ name: `serve-${containerPort}-${protocol.toLowerCase()}`, protocol, containerPort }]),
  );
}

/** `status: false` leaves the addresses to whoever runs the pods. */
export function threeNamespaces(options: { readonly status?: boolean } = {}): readonly Manifest[] {
  const status = options.status ?? true;
  const nodes = Object.entries(NODE_ADDRESSES).map(([name, addresses]) => nodeManifest(name, addresses));
  const namespaces = NAMESPACES.map((name) => namespaceManifest(name, { ns: name }));
  const pods = ALL_PODS.map((key) =>
    podManifest(key, {
      labels: { pod: key.slice(2) },
      node: nodeOf(key),
      containers: servingContainers(),
      ...(status ? { addresses: podAddresses(key), startedAt: 0 } : {}),
    }),
  );
  return [...nodes, ...namespaces, ...pods];
}
