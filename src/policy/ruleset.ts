/** An allow-list for one direction: its content is the normalised rules (peer list × ports), never rows. */

import type { ContainerPort } from '../model/objects.ts';
import type { Direction, Protocol } from '../model/verdict.ts';
import type { PeerList } from './peer-list.ts';
import { containsList, makePeerList } from './peer-list.ts';
import type { Policy, PortRule, Rule } from './policy.ts';
import { containsPorts, isEmptyPorts, NO_PORTS, portsKey, portsOf, unionPorts, type Ports } from './ports.ts';

export interface PortName {
  readonly protocol: Protocol;
  readonly name: string;
}

/** What the members of a peer list may reach; names are egress rules' port names, resolved on the destination. */
export interface Grant {
  readonly ports: Ports;
  readonly names: readonly PortName[];
}

export interface RulesetContent {
  readonly key: string;
  readonly direction: Direction;
  /** What any peer may. */
  readonly anyone: Grant;
  /** By peer list; what anyone may is left out. */
  readonly grants: readonly { readonly list: PeerList; readonly grant: Grant }[];
}

/** The rules of the policies that select a pod in one direction. `podPorts` resolve the named ports of ingress; lists that are not taken allow nothing. */
export function makeRuleset(
  direction: Direction,
  policies: readonly Policy[],
  podPorts: readonly ContainerPort[],
  takes: (list: PeerList) => boolean = () => true,
): RulesetContent {
  const anyone: Grant[] = [];
  const byList = new Map<string, { list: PeerList; grants: Grant[] }>();
  for (const rule of policies.flatMap((policy) => policy.rules[direction] ?? [])) {
    const grant = grantOf(direction, rule, podPorts);
    if (isEmptyGrant(grant)) continue;
    if (rule.peers === undefined) {
      anyone.push(grant);
    } else if (rule.peers.length > 0) {
      const list = listOf(rule);
      const entry = byList.get(list.key) ?? { list, grants: [] };
      entry.grants.push(grant);
      byList.set(list.key, entry);
    }
  }
  const all = unionGrants(anyone);
  const grants = [...byList.values()]
    .map(({ list, grants: given }) => ({ list, grant: unionGrants(given) }))
    .filter(({ list, grant }) => !containsGrant(all, grant) && takes(list))
    .sort((a, b) => (a.list.key < b.list.key ? -1 : 1));
  const entries = grants.map(({ list, grant }) => `[${list.key}] ${grantKey(grant)}`);
  return { key: `${direction}\n* ${grantKey(all)}\n${entries.join('\n')}`, direction, anyone: all, grants };
}

/** Everything that `inner` allows is allowed by `outer`, told by their rules alone: may say no where the truth is yes. */
export function containsRuleset(outer: RulesetContent, inner: RulesetContent): boolean {
  if (!containsGrant(outer.anyone, inner.anyone)) return false;
  const same = new Map(outer.grants.map((candidate) => [candidate.list.key, candidate.grant]));
  // Only a list of more than one peer can hold another list.
  const broad = outer.grants.filter(({ list }) => list.kind === 'peers' && list.peers.size > 1);
  return inner.grants.every(({ list, grant }) => {
    const own = same.get(list.key);
    if (own !== undefined && containsGrant(own, grant)) return true;
    const covering = broad.filter((candidate) => candidate.list.key !== list.key && containsList(candidate.list, list));
    const grants = [outer.anyone, ...(own === undefined ? [] : [own]), ...covering.map((candidate) => candidate.grant)];
    return containsGrant(unionGrants(grants), grant);
  });
}

const listCache = new WeakMap<Rule, PeerList>();

/** The rule's peer list, made once: building one of 20,000 CIDRs is not free. */
export function listOf(rule: Rule): PeerList {
  let list = listCache.get(rule);
  if (list === undefined) listCache.set(rule, (list = makePeerList(rule.peers ?? [])));
  return list;
}

/** The first port of that name and protocol in container order, as Services resolve it. */
export function resolvePortName(ports: readonly ContainerPort[], { protocol, name }: PortName): number | undefined {
  return ports.find((port) => port.name === name && port.protocol === protocol)?.port;
}

function grantOf(direction: Direction, rule: Rule, podPorts: readonly ContainerPort[]): Grant {
  if (rule.ports === undefined) return { ports: 'all', names: [] };
  const ranges: { protocol: Protocol; first: number; last: number }[] = [];
  const names: PortName[] = [];
  for (const port of rule.ports) {
    if (!isNamed(port)) ranges.push(port);
    else if (direction === 'egress') names.push(port);
    else {
      const number = resolvePortName(podPorts, port);
      if (number !== undefined) ranges.push({ protocol: port.protocol, first: number, last: number });
    }
  }
  return { ports: portsOf(ranges), names: sortNames(names) };
}

function isNamed(port: PortRule): port is Extract<PortRule, { name: string }> {
  return 'name' in port;
}

function unionGrants(grants: readonly Grant[]): Grant {
  if (grants.length === 0) return { ports: NO_PORTS, names: [] };
  const ports = unionPorts(grants.map((grant) => grant.ports));
  return { ports, names: ports === 'all' ? [] : sortNames(grants.flatMap((grant) => grant.names)) };
}

function containsGrant(outer: Grant, inner: Grant): boolean {
  if (outer.ports === 'all') return true;
  const names = new Set(outer.names.map(nameKey));
  return containsPorts(outer.ports, inner.ports) && inner.names.every((name) => names.has(nameKey(name)));
}

function isEmptyGrant(grant: Grant): boolean {
  return grant.names.length === 0 && isEmptyPorts(grant.ports);
}

function grantKey(grant: Grant): string {
  return [portsKey(grant.ports), ...grant.names.map(nameKey)].join(' ');
}

function sortNames(names: readonly PortName[]): PortName[] {
  return [...new Map(names.map((name) => [nameKey(name), name])).entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, name]) => name);
}

export function nameKey({ protocol, name }: PortName): string {
  return `${protocol}/${name}`;
}
