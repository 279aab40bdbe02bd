/** What every workload's policies have to allow: flows added up by workload, direction, peer and port. */

import { formatPrefix } from '../../model/ip.ts';
import { DIRECTIONS, PROTOCOLS, type Direction, type Protocol } from '../../model/verdict.ts';
import type { FlowPeer, FlowPeers } from './flow-peers.ts';
import type { PodGroup, PodGroups } from './pod-groups.ts';
import type { PodOwners } from './pod-owners.ts';
import type { FlowList } from './read-flows.ts';

export interface PortCount {
  readonly protocol: Protocol;
  readonly port: number;
  readonly flows: number;
}

export interface PeerTally {
  readonly peer: FlowPeer;
  /** Of nodes and the like within a block, sorted. */
  readonly names: readonly string[];
  /** By protocol and number; at least one. */
  readonly ports: readonly PortCount[];
}

export interface GroupTally {
  readonly group: PodGroup;
  readonly peers: Readonly<Record<Direction, readonly PeerTally[]>>;
  /** Flows that no rule can allow without allowing more, in words, with their number. */
  readonly left: Readonly<Record<Direction, ReadonlyMap<string, number>>>;
}

export interface FlowTally {
  /** Groups that had flows, by key. */
  readonly groups: ReadonlyMap<string, GroupTally>;
  /** Events of flows that were denied and are left out. */
  readonly denied: number;
  /** Ends that the input does not tell, with the number of their flows. */
  readonly unknown: ReadonlyMap<string, number>;
}

export interface TallyParts {
  readonly owners: PodOwners;
  readonly groups: PodGroups;
  readonly peers: FlowPeers;
  readonly includeDenied: boolean;
}

/** What was seen of one peer and port in one direction of one group. */
interface Cell {
  readonly group: PodGroup;
  readonly direction: Direction;
  readonly peer: FlowPeer;
  readonly protocol: string;
  readonly port: number;
  /** Told by the group's own pods. */
  readonly own: { allowed: number; denied: number };
  /** Told by pods at the other end, perhaps on another node, whose list is not here. */
  readonly peers: { allowed: number; denied: number };
}

export function tallyFlows({ flows }: FlowList, { owners, groups, peers, includeDenied }: TallyParts): FlowTally {
  const cells = new Map<string, Cell>();
  const unknown = new Map<string, number>();
  const add = (told: 'own' | 'peers', cell: Omit<Cell, 'own' | 'peers'>, denied: boolean, count: number): void => {
    const { group, direction, peer, protocol, port } = cell;
    const key = [group.key, direction, peerKey(peer), peer.kind === 'block' ? peer.name : '', protocol, port].join('\n');
    let known = cells.get(key);
    if (known === undefined) cells.set(key, (known = { ...cell, own: { allowed: 0, denied: 0 }, peers: { allowed: 0, denied: 0 } }));
    known[told][denied ? 'denied' : 'allowed'] += count;
  };
  for (const { flow, count } of flows) {
    const { direction, protocol, denied } = flow;
    // A pod reaches itself, whatever policies say.
    if (flow.pod === flow.peer) continue;
    const workload = owners.ofPod(flow.pod);
    const group = workload && groups.of(workload);
    const found = peers.find(flow);
    if (group === undefined) unknown.set(`pod ${flow.pod}`, (unknown.get(`pod ${flow.pod}`) ?? 0) + count);
    if ('unknown' in found) unknown.set(found.unknown, (unknown.get(found.unknown) ?? 0) + count);
    if (group === undefined || 'unknown' in found) continue;
    for (const { peer, port } of found.peers) {
      add('own', { group, direction, peer, protocol, port }, denied, count);
      if (peer.kind !== 'pods') continue;
      const back: FlowPeer = { kind: 'pods', group };
      add('peers', { group: peer.group, direction: opposite(direction), peer: back, protocol, port }, denied, count);
    }
  }
  return { ...sumUp([...cells.values()], includeDenied), unknown };
}

function opposite(direction: Direction): Direction {
  return direction === 'ingress' ? 'egress' : 'ingress';
}

export function peerKey(peer: FlowPeer): string {
  switch (peer.kind) {
    case 'pods':
      return `pods ${peer.group.key}`;
    case 'name servers':
      return 'name servers';
    case 'block':
      return `block ${formatPrefix(peer.prefix)}`;
  }
}

/** The group's own word counts; its peers' where it said nothing: what one side let out the other may have denied. */
function countFlows({ own, peers }: Cell, includeDenied: boolean): number {
  const told = own.allowed + own.denied > 0 ? own : peers;
  return told.allowed + (includeDenied ? told.denied : 0);
}

function sumUp(cells: readonly Cell[], includeDenied: boolean): Omit<FlowTally, 'unknown'> {
  const groups = new Map<string, GroupTally>();
  let denied = 0;
  for (const [key, own] of Map.groupBy(cells, ({ group }) => group.key)) {
    if (!includeDenied) denied += own.reduce((sum, cell) => sum + cell.own.denied, 0);
    const counted = own.flatMap((cell) => {
      const flows = countFlows(cell, includeDenied);
      return flows === 0 ? [] : [{ ...cell, flows }];
    });
    const [first] = counted;
    if (first === undefined) continue;
    const of = <Value>(make: (direction: Direction) => Value): Record<Direction, Value> =>
      Object.fromEntries(DIRECTIONS.map((direction) => [direction, make(direction)])) as Record<Direction, Value>;
    groups.set(key, {
      group: first.group,
      peers: of((direction) => listPeers(counted.filter((cell) => cell.direction === direction))),
      left: of((direction) => listLeft(counted.filter((cell) => cell.direction === direction))),
    });
  }
  return { groups, denied };
}

type Counted = Cell & { readonly flows: number };

function listPeers(cells: readonly Counted[]): PeerTally[] {
  const named = cells.flatMap((cell) => {
    const protocol = protocolOf(cell);
    return protocol === undefined ? [] : [{ peer: cell.peer, protocol, port: cell.port, flows: cell.flows }];
  });
  return [...Map.groupBy(named, ({ peer }) => peerKey(peer)).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined || nobodySelects(first.peer)) return [];
    const ports = [...Map.groupBy(same, ({ protocol, port }) => `${port}/${protocol}`).values()].flatMap(addUp);
    return [{ peer: first.peer, names: namesOf(same.map(({ peer }) => peer)), ports: ports.sort(comparePorts) }];
  });
}

function addUp(same: readonly PortCount[]): PortCount[] {
  const [first] = same;
  return first === undefined
    ? []
    : [{ protocol: first.protocol, port: first.port, flows: same.reduce((sum, { flows }) => sum + flows, 0) }];
}

function namesOf(peers: readonly FlowPeer[]): string[] {
  return [...new Set(peers.flatMap((peer) => (peer.kind === 'block' && peer.name !== undefined ? [peer.name] : [])))].sort();
}

function comparePorts(a: PortCount, b: PortCount): number {
  return PROTOCOLS.indexOf(a.protocol) - PROTOCOLS.indexOf(b.protocol) || a.port - b.port;
}

/** A rule names ports of TCP, UDP and SCTP from 1 on. */
function protocolOf({ protocol, port }: Cell): Protocol | undefined {
  return port === 0 ? undefined : PROTOCOLS.find((one) => one === protocol);
}

function listLeft(cells: readonly Counted[]): Map<string, number> {
  const left = new Map<string, number>();
  for (const cell of cells) {
    const words =
      protocolOf(cell) === undefined
        ? `of ${cell.protocol}: no rule can name it, and one without ports allows everything`
        : nobodySelects(cell.peer)
          ? `with ${describePods(cell.peer)}: pods without labels cannot be selected`
          : undefined;
    if (words !== undefined) left.set(words, (left.get(words) ?? 0) + cell.flows);
  }
  return left;
}

function nobodySelects(peer: FlowPeer): boolean {
  return peer.kind === 'pods' && Object.keys(peer.group.labels).length === 0;
}

function describePods(peer: FlowPeer): string {
  const [first] = peer.kind === 'pods' ? peer.group.workloads : [];
  return first === undefined ? 'pods' : `${first.kind} ${first.namespace}/${first.name}`;
}
