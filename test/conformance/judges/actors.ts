/** Who the actors of a case are to judges without packets: addresses, nodes, and what a probe is to policy. */

import { parseAddress } from '../../../src/model/ip.ts';
import type { Manifest } from '../../support/builders/manifests.ts';
import { nodeOf, NODE_ADDRESSES, podAddresses, STRANGER } from '../../support/builders/three-namespaces.ts';
import type { Flow } from '../../support/oracle/world.ts';
import type { Family, Probe } from '../case.ts';

/** By `manifestKey`. */
export type ManifestMap = ReadonlyMap<string, Manifest>;

/** What a probe is to policy. A packet from a node to its own pod has no ingress interface there. */
export function flowOf(objects: ManifestMap, probe: Probe): Flow {
  const icmp = probe.family === 4 ? 1 : 58;
  return {
    source: parseAddress(actorAddress(objects, probe.from, probe.family)),
    destination: parseAddress(actorAddress(objects, probe.to, probe.family)),
    protocol: probe.protocol === 'ICMP' ? icmp : probe.protocol,
    ...(probe.port === undefined ? {} : { port: probe.port }),
    sourceIsLocalNode: probe.from in NODE_ADDRESSES && podNode(objects, probe.to) === probe.from,
  };
}

/** As text. A case's own pods say their addresses in their manifests. */
export function actorAddress(objects: ManifestMap, actor: string, family: Family): string {
  const at = family === 4 ? 0 : 1;
  if (actor === 'stranger') return STRANGER[at];
  const node = NODE_ADDRESSES[actor];
  if (node !== undefined) return node[at];
  const manifest = objects.get(`Pod ${actor}`);
  const status = manifest?.['status'] as { readonly podIPs?: readonly { readonly ip: string }[] } | undefined;
  const own = status?.podIPs?.find(({ ip }) => ip.includes(':') === (family === 6))?.ip;
  if (own === undefined && manifest !== undefined) throw new TypeError(`${actor} has no IPv${family} address`);
  return own ?? podAddresses(actor)[at];
}

export function podNode(objects: ManifestMap, pod: string): string | undefined {
  const spec = objects.get(`Pod ${pod}`)?.['spec'] as { readonly nodeName?: string } | undefined;
  return spec?.nodeName ?? (pod.includes('/') ? nodeOf(pod) : undefined);
}
