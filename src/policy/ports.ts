/** Sets of (protocol, port): union, containment, content key, and the prefix rows that the kernel looks up. */

import type { PortRow } from '../model/plan.ts';
import { PROTOCOL_NUMBER, PROTOCOLS, type Protocol } from '../model/verdict.ts';
import { LAST_PORT } from './parse-ports.ts';

/** Inclusive. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** `all` covers every protocol, ICMP and the like too; else sorted ranges that neither overlap nor touch. */
export type Ports = 'all' | Readonly<Record<Protocol, readonly PortRange[]>>;

export const NO_PORTS: Ports = { TCP: [], UDP: [], SCTP: [] };

export function portsOf(ranges: readonly { readonly protocol: Protocol; readonly first: number; readonly last: number }[]): Ports {
  const of = (protocol: Protocol): readonly PortRange[] => mergeRanges(ranges.filter((range) => range.protocol === protocol));
  return { TCP: of('TCP'), UDP: of('UDP'), SCTP: of('SCTP') };
}

export function unionPorts(sets: readonly Ports[]): Ports {
  if (sets.length === 1 && sets[0] !== undefined) return sets[0];
  if (sets.includes('all')) return 'all';
  const of = (protocol: Protocol): readonly PortRange[] => mergeRanges(sets.flatMap((set) => (set === 'all' ? [] : set[protocol])));
  return { TCP: of('TCP'), UDP: of('UDP'), SCTP: of('SCTP') };
}

export function intersectPorts(a: Ports, b: Ports): Ports {
  if (a === 'all') return b;
  if (b === 'all' || a === b) return a;
  const of = (protocol: Protocol): readonly PortRange[] => intersectRanges(a[protocol], b[protocol]);
  return { TCP: of('TCP'), UDP: of('UDP'), SCTP: of('SCTP') };
}

function intersectRanges(a: readonly PortRange[], b: readonly PortRange[]): readonly PortRange[] {
  const both = a.flatMap((one) => b.map((other) => ({ first: Math.max(one.first, other.first), last: Math.min(one.last, other.last) })));
  return mergeRanges(both.filter(({ first, last }) => first <= last));
}

/** What `from` has and `taken` has not. Without any port taken away `all` stays `all`; else it is what is left of the three protocols. */
export function subtractPorts(from: Ports, taken: Ports): Ports {
  if (taken === 'all') return NO_PORTS;
  if (isEmptyPorts(taken)) return from;
  const all: readonly PortRange[] = [{ first: 0, last: LAST_PORT }];
  const of = (protocol: Protocol): readonly PortRange[] => subtractRanges(from === 'all' ? all : from[protocol], taken[protocol]);
  return { TCP: of('TCP'), UDP: of('UDP'), SCTP: of('SCTP') };
}

function subtractRanges(from: readonly PortRange[], taken: readonly PortRange[]): readonly PortRange[] {
  let left = from;
  for (const { first, last } of taken) {
    left = left.flatMap((range) =>
      [
        { first: range.first, last: Math.min(range.last, first - 1) },
        { first: Math.max(range.first, last + 1), last: range.last },
      ].filter((piece) => piece.first <= piece.last),
    );
  }
  return left;
}

export function containsPorts(outer: Ports, inner: Ports): boolean {
  if (outer === 'all') return true;
  if (inner === 'all') return false;
  return outer === inner || PROTOCOLS.every((protocol) => containsRanges(outer[protocol], inner[protocol]));
}

/** Both sorted, without overlaps: one walk through both. */
function containsRanges(outer: readonly PortRange[], inner: readonly PortRange[]): boolean {
  let at = 0;
  return inner.every(({ first, last }) => {
    while (at < outer.length && (outer[at]?.last ?? 0) < first) at += 1;
    const wide = outer[at];
    return wide !== undefined && wide.first <= first && last <= wide.last;
  });
}

/** Whether some port of some protocol is in both; `all` overlaps with whatever is not empty. */
export function overlapPorts(a: Ports, b: Ports): boolean {
  if (a === 'all') return b === 'all' || !isEmptyPorts(b);
  if (b === 'all') return !isEmptyPorts(a);
  return overlapRanges(a.TCP, b.TCP) || overlapRanges(a.UDP, b.UDP) || overlapRanges(a.SCTP, b.SCTP);
}

/** Both sorted, without overlaps: one walk through both. */
function overlapRanges(a: readonly PortRange[], b: readonly PortRange[]): boolean {
  let at = 0;
  for (const { first, last } of b) {
    while (at < a.length && (a[at]?.last ?? 0) < first) at += 1;
    const next = a[at];
    if (next === undefined) return false;
    if (next.first <= last) return true;
  }
  return false;
}

/** `protocol` by IANA number; `port` is ignored where the protocol has none. */
export function hasPort(ports: Ports, protocol: number, port: number): boolean {
  if (ports === 'all') return true;
  const name = PROTOCOLS.find((candidate) => PROTOCOL_NUMBER[candidate] === protocol);
  return name !== undefined && ports[name].some((range) => range.first <= port && port <= range.last);
}

export function isEmptyPorts(ports: Ports): boolean {
  return ports !== 'all' && PROTOCOLS.every((protocol) => ports[protocol].length === 0);
}

const portsKeys = new WeakMap<Exclude<Ports, 'all'>, string>();

export function portsKey(ports: Ports): string {
  if (ports === 'all') return '*';
  let key = portsKeys.get(ports);
  if (key === undefined) {
    key = PROTOCOLS.flatMap((protocol) => ports[protocol].map(({ first, last }) => `${protocol}:${first}-${last}`)).join(',');
    portsKeys.set(ports, key);
  }
  return key;
}

/** How many rows `portRows` gives, without making them. */
export function countPortRows(ports: Ports): number {
  if (ports === 'all') return 0;
  let rows = 0;
  for (const protocol of PROTOCOLS) for (const range of ports[protocol]) rows += countPrefixes(range);
  return rows;
}

function countPrefixes({ first, last }: PortRange): number {
  let rows = 0;
  for (let next = first; next <= last; rows += 1) {
    let size = 1;
    while (next % (size * 2) === 0 && next + size * 2 - 1 <= last && size * 2 <= LAST_PORT + 1) size *= 2;
    next += size;
  }
  return rows;
}

/** The fewest (port prefix, length) rows that cover the set. */
export function portRows(ports: Ports): PortRow[] {
  if (ports === 'all') return [];
  return PROTOCOLS.flatMap((protocol) => ports[protocol].flatMap((range) => prefixRows(PROTOCOL_NUMBER[protocol], range)));
}

function prefixRows(protocol: number, range: PortRange): PortRow[] {
  const rows: PortRow[] = [];
  let next = range.first;
  while (next <= range.last) {
    let size = 1;
    while (next % (size * 2) === 0 && next + size * 2 - 1 <= range.last && size * 2 <= LAST_PORT + 1) size *= 2;
    rows.push({ protocol, port: next, length: 16 - Math.log2(size), verdict: 'allow' });
    next += size;
  }
  return rows;
}

function mergeRanges(ranges: readonly PortRange[]): PortRange[] {
  const sorted = [...ranges].sort((a, b) => a.first - b.first || a.last - b.last);
  const merged: PortRange[] = [];
  for (const { first, last } of sorted) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous.last + 1) {
      merged[merged.length - 1] = { first: previous.first, last: Math.max(previous.last, last) };
    } else {
      merged.push({ first, last });
    }
  }
  return merged;
}
