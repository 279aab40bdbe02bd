/** What kube-proxy's nftables mode would write into one node for one family: Services rewritten to their endpoints. */

import { createHash } from 'node:crypto';
import type { EndpointSlice } from '../../model/objects.ts';
import { CLUSTER_RANGES, POD_RANGES } from '../network/addressing.ts';
import { ofFamily, type LabService, type LabServicePort } from './lab-service.ts';
import type { NftChain, NftSet, NftTable } from './nft-table.ts';
import { endpointsOf, usableEndpoints, type Endpoint, type UsableEndpoints } from './service-endpoints.ts';

export const PROXY_TABLE = 'postern-services';

/** The mark that kube-proxy puts on packets that are to be masqueraded. */
const MASQUERADE_MARK = '0x4000';

export interface ProxyInput {
  readonly node: string;
  readonly family: 4 | 6;
  readonly services: readonly LabService[];
  readonly slices: readonly EndpointSlice[];
}

/** Rules of one port of one Service. */
interface Piece {
  readonly chains: readonly NftChain[];
  readonly affinitySets: readonly NftSet[];
  /** `address . protocol . port : verdict` */
  readonly addresses: readonly string[];
  readonly nodePorts: readonly string[];
  readonly unservedAddresses: readonly string[];
  readonly unservedNodePorts: readonly string[];
}

interface Words {
  readonly family: 4 | 6;
  readonly ip: 'ip' | 'ip6';
  readonly type: string;
  readonly pods: string;
  readonly cluster: string;
}

export function proxyTable({ node, family, services, slices }: ProxyInput): NftTable {
  const words = wordsOf(family);
  const clusterIPs = services.flatMap((service) => ofFamily(service.clusterIPs, family));
  const pieces = services
    .filter((service) => ofFamily(service.clusterIPs, family).length > 0)
    .flatMap((service) =>
      service.ports.map((port) => servicePort(words, service, port, usableEndpoints(endpointsOf(service, port, family, slices), node))),
    );
  const map = (name: string, type: string, elements: readonly string[]): NftSet => ({
    kind: 'map',
    name,
    definition: `type ${type} : verdict;`,
    elements: [...new Set(elements)],
  });
  const address = `${words.type} . inet_proto . inet_service`;
  const number = 'inet_proto . inet_service';
  return {
    family: words.ip,
    name: PROXY_TABLE,
    sets: [
      { kind: 'set', name: 'cluster-ips', definition: `type ${words.type};`, elements: [...new Set(clusterIPs)] },
      map(
        'service-ips',
        address,
        pieces.flatMap((piece) => piece.addresses),
      ),
      map(
        'service-nodeports',
        number,
        pieces.flatMap((piece) => piece.nodePorts),
      ),
      map(
        'no-endpoint-services',
        address,
        pieces.flatMap((piece) => piece.unservedAddresses),
      ),
      map(
        'no-endpoint-nodeports',
        number,
        pieces.flatMap((piece) => piece.unservedNodePorts),
      ),
      ...pieces.flatMap((piece) => piece.affinitySets),
    ],
    chains: [...frameChains(words), ...pieces.flatMap((piece) => piece.chains)],
  };
}

function wordsOf(family: 4 | 6): Words {
  const index = family === 4 ? 0 : 1;
  const names = family === 4 ? ({ ip: 'ip', type: 'ipv4_addr' } as const) : ({ ip: 'ip6', type: 'ipv6_addr' } as const);
  return { family, ...names, pods: POD_RANGES[index], cluster: CLUSTER_RANGES[index] };
}

/** The chains that do not depend on Services. Filters stand before the rewriting, so they see the addresses that were asked for. */
function frameChains({ ip, family, cluster }: Words): readonly NftChain[] {
  const beforeNat = 'priority -110';
  const notLocalhost = family === 4 ? 'ip daddr != 127.0.0.0/8' : 'ip6 daddr != ::1';
  const byAddress = `${ip} daddr . meta l4proto . th dport vmap`;
  const byNodePort = `fib daddr type local ${notLocalhost} meta l4proto . th dport vmap`;
  const checks = ['ct state new jump endpoints-check'];
  // What is still for a cluster address after the rewriting is for no port of any Service.
  const strays = ['ct state new jump cluster-ips-check'];
  return [
    { name: 'services', rules: [`${byAddress} @service-ips`, `${byNodePort} @service-nodeports`] },
    { name: 'reject-chain', rules: ['reject'] },
    { name: 'endpoints-check', rules: [`${byAddress} @no-endpoint-services`, `${byNodePort} @no-endpoint-nodeports`] },
    { name: 'cluster-ips-check', rules: [`${ip} daddr @cluster-ips reject`, `${ip} daddr ${cluster} drop`] },
    { name: 'mark-for-masquerade', rules: [`meta mark set meta mark or ${MASQUERADE_MARK}`] },
    { name: 'filter-input', base: `type filter hook input ${beforeNat}`, rules: checks },
    { name: 'filter-forward', base: `type filter hook forward ${beforeNat}`, rules: checks },
    { name: 'filter-output', base: `type filter hook output ${beforeNat}`, rules: checks },
    { name: 'strays-forward', base: 'type filter hook forward priority filter', rules: strays },
    { name: 'strays-output', base: 'type filter hook output priority filter', rules: strays },
    { name: 'nat-prerouting', base: 'type nat hook prerouting priority -100', rules: ['jump services'] },
    { name: 'nat-output', base: 'type nat hook output priority -100', rules: ['jump services'] },
    {
      name: 'nat-postrouting',
      base: 'type nat hook postrouting priority 100',
      rules: [`meta mark and ${MASQUERADE_MARK} == 0 return`, `meta mark set meta mark xor ${MASQUERADE_MARK}`, 'masquerade fully-random'],
    },
  ];
}

function servicePort(words: Words, service: LabService, port: LabServicePort, usable: UsableEndpoints): Piece {
  const { ip, family, pods } = words;
  const protocol = port.protocol.toLowerCase();
  const base = chainBase(service, port, '');
  const [clusterChain, localChain, externalChain] = [`service-${base}`, `local-${base}`, `external-${base}`];
  const outer = [...ofFamily(service.externalIPs, family), ...ofFamily(service.loadBalancerIPs, family)];
  const [clusterIP = ''] = ofFamily(service.clusterIPs, family);
  const served = usable.cluster.length > 0;
  const internal = service.internalLocal ? usable.local : usable.cluster;
  const external = service.externalLocal ? usable.local : usable.cluster;
  const isExposed = outer.length > 0 || port.nodePort !== undefined;
  // Without any endpoint a client is told so; where only this node has none, its packets are dropped.
  const unserved = served ? 'drop' : 'goto reject-chain';
  const key = (address: string): string => `${address} . ${protocol} . ${port.port}`;
  const nodePort = port.nodePort === undefined ? [] : [`${protocol} . ${port.nodePort}`];
  const toExternal = served ? [`goto ${externalChain}`] : [];
  const refused = external.length === 0 ? [unserved] : [];
  const masqueradeStrangers = `${ip} daddr ${clusterIP} ${protocol} dport ${port.port} ${ip} saddr != ${pods} jump mark-for-masquerade`;
  const endpoints = new Map(
    [...usable.cluster, ...usable.local].map((endpoint) => [chainBase(service, port, `__${placeOf(endpoint)}`), endpoint]),
  );
  const policyChain = (name: string, chosen: readonly Endpoint[], isInternal: boolean): readonly NftChain[] =>
    chosen.length === 0
      ? []
      : [{ name, rules: [...(isInternal ? [masqueradeStrangers] : []), ...chooseRules(words, service, port, chosen)] }];
  return {
    chains: [
      ...policyChain(clusterChain, usable.cluster, !service.internalLocal),
      ...policyChain(localChain, service.internalLocal || service.externalLocal ? usable.local : [], service.internalLocal),
      ...(served && isExposed ? [{ name: externalChain, rules: externalRules(words, service, clusterChain, localChain, usable) }] : []),
      ...[...endpoints].map(([name, endpoint]) => ({
        name: `endpoint-${name}`,
        rules: endpointRules(words, service, name, protocol, endpoint),
      })),
    ],
    affinitySets:
      service.affinitySeconds === undefined
        ? []
        : [...endpoints.keys()].map((name) => affinitySet(words, service.affinitySeconds as number, name)),
    addresses: [
      ...(internal.length > 0 ? [`${key(clusterIP)} : goto ${service.internalLocal ? localChain : clusterChain}`] : []),
      ...outer.flatMap((address) => toExternal.map((verdict) => `${key(address)} : ${verdict}`)),
    ],
    nodePorts: nodePort.flatMap((place) => toExternal.map((verdict) => `${place} : ${verdict}`)),
    unservedAddresses: [
      ...(internal.length === 0 ? [`${key(clusterIP)} : ${unserved}`] : []),
      ...outer.flatMap((address) => refused.map((verdict) => `${key(address)} : ${verdict}`)),
    ],
    unservedNodePorts: nodePort.flatMap((place) => refused.map((verdict) => `${place} : ${verdict}`)),
  };
}

/** Traffic to node ports, external and balancer addresses. Pods and the node itself are never held to policy Local: a balancer would bring them elsewhere. */
function externalRules(
  { ip, pods }: Words,
  service: LabService,
  clusterChain: string,
  localChain: string,
  usable: UsableEndpoints,
): readonly string[] {
  if (!service.externalLocal) return ['jump mark-for-masquerade', `goto ${clusterChain}`];
  return [
    `${ip} saddr ${pods} goto ${clusterChain}`,
    'fib saddr type local jump mark-for-masquerade',
    `fib saddr type local goto ${clusterChain}`,
    ...(usable.local.length > 0 ? [`goto ${localChain}`] : []),
  ];
}

/** A client that was here before goes where it went then; any other, anywhere. */
function chooseRules({ ip }: Words, service: LabService, port: LabServicePort, endpoints: readonly Endpoint[]): readonly string[] {
  const names = endpoints.map((endpoint) => chainBase(service, port, `__${placeOf(endpoint)}`));
  const { affinitySeconds } = service;
  return [
    ...(affinitySeconds === undefined
      ? []
      : names.map((name) => `${ip} saddr @${affinityName(affinitySeconds, name)} goto endpoint-${name}`)),
    `numgen random mod ${names.length} vmap { ${names.map((name, index) => `${index} : goto endpoint-${name}`).join(', ')} }`,
  ];
}

function endpointRules({ ip, family }: Words, service: LabService, name: string, protocol: string, endpoint: Endpoint): readonly string[] {
  const place = family === 4 ? `${endpoint.address}:${endpoint.port}` : `[${endpoint.address}]:${endpoint.port}`;
  const { affinitySeconds } = service;
  return [
    // A pod that reaches itself would answer itself directly, and wait for another's answer.
    `${ip} saddr ${endpoint.address} jump mark-for-masquerade`,
    ...(affinitySeconds === undefined ? [] : [`update @${affinityName(affinitySeconds, name)} { ${ip} saddr }`]),
    `meta l4proto ${protocol} dnat to ${place}`,
  ];
}

function affinitySet({ type }: Words, seconds: number, name: string): NftSet {
  return { kind: 'set', name: affinityName(seconds, name), definition: `type ${type}; flags dynamic,timeout; timeout ${seconds}s;` };
}

/** The time stands in the name, since a set's cannot change. */
function affinityName(seconds: number, name: string): string {
  return `affinity-${seconds}-${name}`;
}

function placeOf({ address, port }: Endpoint): string {
  return `${address.replaceAll(':', '.')}/${port}`;
}

/** Names may hold letters, digits, `/`, `-`, `_` and `.`; the hash keeps them apart where they are cut. */
function chainBase(service: LabService, port: LabServicePort, suffix: string): string {
  const text = `${service.key}/${port.protocol.toLowerCase()}/${port.name === '' ? port.port : port.name}${suffix}`;
  return `${createHash('sha256').update(text).digest('hex').slice(0, 8)}-${text}`.slice(0, 200);
}
