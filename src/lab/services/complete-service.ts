/** Gives a Service what the API server and a cloud give it: cluster addresses, node ports, a balancer's address. */

import { PosternError } from '../../model/error.ts';
import { formatAddress, parseAddress, parsePrefix } from '../../model/ip.ts';
import { BALANCER_RANGES, CLUSTER_RANGES } from '../network/addressing.ts';
import { keyOf, list, nameOf, record } from '../objects/raw-object.ts';
import type { RawObject } from '../types.ts';

type FamilyName = 'IPv4' | 'IPv6';

const FAMILIES: readonly FamilyName[] = ['IPv4', 'IPv6'];
const HEADLESS = 'None';
const NODE_PORTS: readonly [number, number] = [30_000, 32_767];

/**
 * `before`: the same Service's earlier object, whose addresses and ports it keeps. `others`: all other Services, also those that are yet to be
 * completed. Both families unless the Service says otherwise. `E_LAB_SERVICE` where an address or node port is another's.
 */
export function completeService(object: RawObject, before: RawObject | undefined, others: readonly RawObject[]): RawObject {
  const spec = record(object['spec']);
  const type = spec['type'] ?? 'ClusterIP';
  if (type === 'ExternalName') return object;
  const families = familiesOf(spec);
  const exposed = type === 'LoadBalancer' || type === 'NodePort';
  const addresses = givenAddresses(spec).includes(HEADLESS) ? [HEADLESS] : clusterAddresses(object, before, families, others);
  const numbered = exposed && spec['allocateLoadBalancerNodePorts'] !== false;
  const ports = numbered ? nodePorts(object, before, others) : spec['ports'];
  return {
    ...object,
    spec: {
      ...spec,
      type,
      ipFamilies: addresses[0] === HEADLESS ? families : addresses.map(familyOf),
      clusterIP: addresses[0],
      clusterIPs: addresses,
      ...(ports === undefined ? {} : { ports }),
    },
    ...(type === 'LoadBalancer' ? { status: balancerStatus(object, before, families, others) } : {}),
  };
}

/** As the API server has it, but for the default, which is both. */
function familiesOf(spec: RawObject): readonly FamilyName[] {
  const given = givenAddresses(spec).filter((address) => address !== HEADLESS);
  const named = (Array.isArray(spec['ipFamilies']) ? spec['ipFamilies'] : given.map(familyOf)) as readonly FamilyName[];
  switch (spec['ipFamilyPolicy']) {
    case 'SingleStack':
      return [named[0] ?? 'IPv4'];
    case 'PreferDualStack':
    case 'RequireDualStack':
      return [...new Set([...named, ...FAMILIES])];
    default:
      return named.length > 0 ? named : FAMILIES;
  }
}

function clusterAddresses(
  object: RawObject,
  before: RawObject | undefined,
  families: readonly FamilyName[],
  others: readonly RawObject[],
): readonly string[] {
  const given = givenAddresses(record(object['spec'])).map(canonical);
  const earlier = givenAddresses(record(before?.['spec'])).filter((address) => address !== HEADLESS);
  const taken = new Set(others.flatMap((other) => givenAddresses(record(other['spec']))).map(canonical));
  const clash = given.find((address) => taken.has(address));
  if (clash !== undefined) throw takenError(object, 'spec.clusterIPs', `the cluster address ${clash}`);
  return families.map((family) => {
    const kept = [...given, ...earlier].find((address) => familyOf(address) === family);
    return kept ?? firstFree(CLUSTER_RANGES[family === 'IPv4' ? 0 : 1], taken);
  });
}

function nodePorts(object: RawObject, before: RawObject | undefined, others: readonly RawObject[]): readonly RawObject[] {
  const numbered = (service: RawObject | undefined): readonly RawObject[] =>
    list(record(service?.['spec'])['ports']).filter((port) => typeof port['nodePort'] === 'number' && port['nodePort'] !== 0);
  const ports = list(record(object['spec'])['ports']);
  const taken = new Set(others.flatMap(numbered).map(portKey));
  const clash = numbered(object).find((port) => taken.has(portKey(port)));
  if (clash !== undefined) throw takenError(object, 'spec.ports', `the node port ${String(clash['nodePort'])}`);
  for (const port of numbered(object)) taken.add(portKey(port));
  return ports.map((port) => {
    if (numbered(object).includes(port)) return port;
    const earlier = numbered(before).find((other) => other['port'] === port['port'] && protocolOf(other) === protocolOf(port));
    const kept = earlier !== undefined && !taken.has(portKey(earlier)) ? earlier['nodePort'] : undefined;
    const chosen = { ...port, nodePort: kept ?? freeNodePort(protocolOf(port), taken) };
    taken.add(portKey(chosen));
    return chosen;
  });
}

/** What the manifest says stands; else what it had before; else the first free address of each family. */
function balancerStatus(
  object: RawObject,
  before: RawObject | undefined,
  families: readonly FamilyName[],
  others: readonly RawObject[],
): unknown {
  const ingress = (service: RawObject | undefined): readonly RawObject[] =>
    list(record(record(service?.['status'])['loadBalancer'])['ingress']);
  for (const known of [object, before]) if (ingress(known).length > 0) return known?.['status'];
  const wanted = record(object['spec'])['loadBalancerIP'];
  if (typeof wanted === 'string' && wanted !== '') return { loadBalancer: { ingress: [{ ip: wanted }] } };
  const taken = new Set(others.flatMap(ingress).flatMap(({ ip }) => (typeof ip === 'string' ? [canonical(ip)] : [])));
  return {
    loadBalancer: { ingress: families.map((family) => ({ ip: firstFree(BALANCER_RANGES[family === 'IPv4' ? 0 : 1], taken) })) },
  };
}

function givenAddresses(spec: RawObject): readonly string[] {
  const many = Array.isArray(spec['clusterIPs']) ? spec['clusterIPs'] : [];
  return [...(many.length > 0 ? many : [spec['clusterIP']])].filter((address) => typeof address === 'string' && address !== '');
}

function familyOf(address: string): FamilyName {
  return address.includes(':') ? 'IPv6' : 'IPv4';
}

function canonical(address: string): string {
  return address === HEADLESS ? address : formatAddress(parseAddress(address));
}

/** `taken` gets the address. */
function firstFree(range: string, taken: Set<string>): string {
  const { address, length } = parsePrefix(range);
  const last = (1n << BigInt(128 - length)) - 1n;
  for (let number = 1n; number < last; number += 1n) {
    const candidate = formatAddress(address + number);
    if (taken.has(candidate)) continue;
    taken.add(candidate);
    return candidate;
  }
  throw new PosternError('E_LAB_SERVICE', `no address is left in ${range}`, { mend: 'delete a Service' });
}

function freeNodePort(protocol: string, taken: ReadonlySet<string>): number {
  const [first, last] = NODE_PORTS;
  for (let port = first; port <= last; port += 1) if (!taken.has(`${protocol}/${port}`)) return port;
  throw new PosternError('E_LAB_SERVICE', 'no node port is left', { mend: 'delete a Service' });
}

function portKey(port: RawObject): string {
  return `${protocolOf(port)}/${String(port['nodePort'])}`;
}

function protocolOf(port: RawObject): string {
  return typeof port['protocol'] === 'string' ? port['protocol'] : 'TCP';
}

function takenError(object: RawObject, field: string, what: string): PosternError {
  return new PosternError('E_LAB_SERVICE', `${what} is another Service's already`, {
    at: { object: `Service ${keyOf(nameOf(object))}`, field },
    mend: 'leave it out: the lab gives one',
  });
}
