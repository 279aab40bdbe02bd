/** Which packet events somebody wants to see. */

import { InvalidArgumentError } from 'commander';
import type { NamedEvent } from '../agent/drop-log.ts';
import { parseAddress, parsePrefix, prefixContains, type Prefix } from '../model/ip.ts';
import type { Direction, Verdict } from '../model/verdict.ts';

/** By what is at the other end: what it is called, or where it is. */
export type PeerFilter = { readonly name: string } | { readonly block: Prefix };

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** An empty list takes everything. */
export interface MonitorFilter {
  readonly namespaces: readonly string[];
  readonly pods: readonly string[];
  readonly peers: readonly PeerFilter[];
  readonly directions: readonly Direction[];
  readonly verdicts: readonly Verdict[];
  readonly reasons: readonly string[];
  readonly ports: readonly PortRange[];
  readonly protocols: readonly string[];
}

export function matchesFilter(filter: MonitorFilter, event: NamedEvent): boolean {
  const peerAddress = event.direction === 'ingress' ? event.source : event.destination;
  return (
    matchesPod(filter, event.pod) &&
    some(filter.peers, (peer) => ('name' in peer ? isCalled(event.peer, peer.name) : isWithin(peerAddress, peer.block))) &&
    some(filter.directions, (direction) => event.direction === direction) &&
    some(filter.verdicts, (verdict) => event.verdict === verdict) &&
    some(filter.reasons, (reason) => event.reason === reason) &&
    some(filter.ports, ({ first, last }) => first <= event.port && event.port <= last) &&
    some(filter.protocols, (protocol) => event.protocol.toUpperCase() === protocol)
  );
}

/** `pod`: `namespace/name`. */
export function matchesPod({ namespaces, pods }: Pick<MonitorFilter, 'namespaces' | 'pods'>, pod: string): boolean {
  return some(namespaces, (namespace) => pod.startsWith(`${namespace}/`)) && some(pods, (name) => isCalled(pod, name));
}

/** A name, an address or a CIDR. */
export function parsePeer(text: string): PeerFilter {
  if (!/^[\d.]+(\/\d+)?$|:/.test(text)) return { name: text };
  try {
    return { block: text.includes('/') ? parsePrefix(text) : { address: parseAddress(text), length: 128 } };
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

export function parsePortRange(text: string): PortRange {
  const [first = 0, last = first] = text.split('-').map(Number);
  if (!/^\d+(-\d+)?$/.test(text) || last > 65_535 || last < first)
    throw new InvalidArgumentError('it must be a port, or a range such as 8000-8999.');
  return { first, last };
}

function some<Value>(wanted: readonly Value[], holds: (value: Value) => boolean): boolean {
  return wanted.length === 0 || wanted.some(holds);
}

/** `shop/web` is called `shop/web` and `web`, `service shop/web` also `service web`. */
function isCalled(known: string, name: string): boolean {
  return known === name || known.endsWith(`/${name}`) || known.endsWith(` ${name}`) || known.replace(/ [^/]*\//, ' ') === name;
}

function isWithin(address: string, block: Prefix): boolean {
  return prefixContains(block, parseAddress(address));
}
