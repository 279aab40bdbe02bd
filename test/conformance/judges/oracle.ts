/** Judges conformance cases by the oracle. */

import { parseAddress } from '../../../src/model/ip.ts';
import { decodeKind } from '../../support/builders/objects.ts';
import { manifestKey } from '../../support/builders/manifests.ts';
import type { Manifest } from '../../support/builders/manifests.ts';
import { nodeOf, NODE_ADDRESSES, podAddresses, STRANGER, threeNamespaces } from '../../support/builders/three-namespaces.ts';
import { createOracle } from '../../support/oracle/judge.ts';
import type { Flow } from '../../support/oracle/world.ts';
import type { Family, Probe } from '../case.ts';
import type { Answer, Judge } from '../judge.ts';

export function createOracleJudge(): Judge {
  const world = threeNamespaces();
  const objects = new Map(world.map((object) => [manifestKey(object), object]));
  const addressOf = (actor: string, family: Family): string => actorAddress(objects, actor, family);
  return {
    world,
    addressOf,
    async apply(change) {
      for (const object of change.delete) objects.delete(manifestKey(object));
      for (const object of change.apply) objects.set(manifestKey(object), object);
    },
    async probe(probes) {
      const manifests = [...objects.values()];
      const judge = createOracle({
        pods: decodeKind('Pod', manifests),
        namespaces: decodeKind('Namespace', manifests),
        nodes: decodeKind('Node', manifests),
        policies: decodeKind('NetworkPolicy', manifests),
      });
      return probes.map((probe): Answer => {
        const { allowed, because } = judge(flowOf(objects, probe));
        const detail = because.map(({ direction, policy, rule, text }) =>
          [direction, policy, rule, text].filter((part) => part !== undefined).join(' '),
        );
        return { outcome: allowed ? 'allow' : 'deny', detail: detail.join('; ') };
      });
    },
  };
}

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

function podNode(objects: ManifestMap, pod: string): string | undefined {
  const spec = objects.get(`Pod ${pod}`)?.['spec'] as { readonly nodeName?: string } | undefined;
  return spec?.nodeName ?? (pod.includes('/') ? nodeOf(pod) : undefined);
}
