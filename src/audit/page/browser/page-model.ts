/** The part of the matrix that the filters leave, ready to be drawn: its rows, its columns, and one small number for each crossing. */

import { isEmptyPorts, type Ports } from '../../../policy/ports.ts';
import type { MatrixPeer, MatrixReport } from '../../matrix/matrix-report.ts';
import { comparePeers, fullName, groupPeers, type MatrixView, type Pair } from '../../matrix/matrix-view.ts';
import { extentOf, narrowPorts, parsePortQuery, type PortQuery } from '../../matrix/port-query.ts';
import { judgeSide } from '../../matrix/rule-verdicts.ts';
import type { Filters, Show, Side } from './view-state.ts';

/** What stands in a cell. `BLANK`: not asked, or not to be shown. */
export const NONE = 0;
export const SOME = 1;
export const ALL = 2;
export const BLANK = 3;

export interface Axis {
  readonly peers: readonly MatrixPeer[];
  readonly groups: readonly { readonly namespace: string; readonly start: number; readonly size: number }[];
  readonly positions: ReadonlyMap<string, number>;
}

export interface PageModel {
  readonly report: MatrixReport;
  readonly query: PortQuery | undefined;
  readonly rows: Axis;
  readonly columns: Axis;
  /** By `class of the source * classCount + class of the destination`. */
  readonly states: Uint8Array;
  readonly classCount: number;
  /** Of the pairs that are shown. */
  readonly counts: { readonly allowed: number; readonly denied: number };
  readonly stateOf: (source: MatrixPeer, destination: MatrixPeer) => number;
  /** Undefined where it is not asked. */
  readonly portsOf: (source: MatrixPeer, destination: MatrixPeer) => Ports | undefined;
  /** The same as the files and tables see it. */
  readonly view: MatrixView;
}

/** Ports of the sides are asked again and again, and each takes a walk through rules. */
const sidesOf = new WeakMap<MatrixReport, Map<Side, Map<number, Ports>>>();

/** Throws a PosternError where the ports cannot be read. */
export function makeModel(report: MatrixReport, filters: Filters): PageModel {
  const query = parsePortQuery(filters.ports);
  const classCount = report.classes.length;
  const rawPorts = (source: number, destination: number): Ports | undefined => portsBetween(report, filters.side, source, destination);
  const states = statesOf(report, query, filters.show, rawPorts);
  const stateOf = (source: MatrixPeer, destination: MatrixPeer): number => states[source.class * classCount + destination.class] ?? BLANK;
  const peers = report.peers
    .filter(({ namespace, kind }) => filters.namespaces.length === 0 || kind === 'outside' || filters.namespaces.includes(namespace))
    .toSorted(comparePeers);
  let sources = peers.filter((peer) => isNamed(peer, filters.from));
  let destinations = peers.filter((peer) => isNamed(peer, filters.to));
  if (filters.show !== 'all') {
    const first = sources;
    sources = keepWithSome(sources, destinations, (source, destination) => stateOf(source, destination));
    destinations = keepWithSome(destinations, first, (destination, source) => stateOf(source, destination));
  }
  const portsOf = (source: MatrixPeer, destination: MatrixPeer): Ports | undefined => {
    const ports = rawPorts(source.class, destination.class);
    return ports === undefined ? undefined : narrowPorts(ports, query);
  };
  const rows = makeAxis(sources);
  const columns = makeAxis(destinations);
  return {
    report,
    query,
    rows,
    columns,
    states,
    classCount,
    counts: countPairs(rows, columns, stateOf),
    stateOf,
    portsOf,
    view: viewOf(report, filters, query, rows, columns, portsOf),
  };
}

/** Of a name, its namespace or its kind. */
export function isNamed(peer: MatrixPeer, part: string): boolean {
  return part.trim() === '' || fullName(peer).toLowerCase().includes(part.trim().toLowerCase());
}

function portsBetween(report: MatrixReport, side: Side, source: number, destination: number): Ports | undefined {
  const index = report.allowed[source]?.[destination] ?? -1;
  if (index < 0 || side === 'both') return report.portSets[index];
  const sides = sidesOf.get(report) ?? new Map<Side, Map<number, Ports>>();
  sidesOf.set(report, sides);
  const known = sides.get(side) ?? new Map<number, Ports>();
  sides.set(side, known);
  const key = source * report.classes.length + destination;
  const ports = known.get(key) ?? judgeSide(report, side, source, destination).ports;
  known.set(key, ports);
  return ports;
}

function statesOf(
  report: MatrixReport,
  query: PortQuery | undefined,
  show: Show,
  portsOf: (source: number, destination: number) => Ports | undefined,
): Uint8Array {
  const count = report.classes.length;
  const states = new Uint8Array(count * count).fill(BLANK);
  const known = new Map<Ports, number>();
  const judge = (ports: Ports): number => {
    let state = known.get(ports);
    if (state === undefined) {
      const extent = extentOf(ports, query);
      state = extent === 'all' ? ALL : extent === 'some' ? SOME : NONE;
      if (show === (state === NONE ? 'allowed' : 'denied')) state = BLANK;
      known.set(ports, state);
    }
    return state;
  };
  for (let source = 0; source < count; source += 1) {
    for (let destination = 0; destination < count; destination += 1) {
      const ports = portsOf(source, destination);
      if (ports !== undefined) states[source * count + destination] = judge(ports);
    }
  }
  return states;
}

function keepWithSome(
  own: readonly MatrixPeer[],
  others: readonly MatrixPeer[],
  stateOf: (own: MatrixPeer, other: MatrixPeer) => number,
): MatrixPeer[] {
  // Peers of a class have the same answers.
  const strangers = [...new Map(others.map((other) => [other.class, other])).values()];
  const known = new Map<number, boolean>();
  return own.filter((peer) => {
    const some = known.get(peer.class) ?? strangers.some((other) => stateOf(peer, other) !== BLANK);
    known.set(peer.class, some);
    return some;
  });
}

function makeAxis(peers: readonly MatrixPeer[]): Axis {
  let start = 0;
  const groups = groupPeers(peers).map(({ namespace, peers: members }) => {
    const group = { namespace, start, size: members.length };
    start += members.length;
    return group;
  });
  return { peers, groups, positions: new Map(peers.map((peer, at) => [peer.id, at])) };
}

/** By class: as many as there are of each. */
function countPairs(
  rows: Axis,
  columns: Axis,
  stateOf: (source: MatrixPeer, destination: MatrixPeer) => number,
): { allowed: number; denied: number } {
  const sizes = ({ peers }: Axis): { readonly peer: MatrixPeer; readonly size: number }[] =>
    [...Map.groupBy(peers, (peer) => peer.class).values()].flatMap((members) =>
      members[0] === undefined ? [] : [{ peer: members[0], size: members.length }],
    );
  let allowed = 0;
  let denied = 0;
  const destinations = sizes(columns);
  for (const source of sizes(rows)) {
    for (const destination of destinations) {
      const state = stateOf(source.peer, destination.peer);
      if (state === NONE) denied += source.size * destination.size;
      else if (state !== BLANK) allowed += source.size * destination.size;
    }
  }
  return { allowed, denied };
}

function viewOf(
  report: MatrixReport,
  { show }: Filters,
  query: PortQuery | undefined,
  rows: Axis,
  columns: Axis,
  portsOf: (source: MatrixPeer, destination: MatrixPeer) => Ports | undefined,
): MatrixView {
  const peers = [...new Set([...rows.peers, ...columns.peers])].toSorted(comparePeers);
  return {
    report,
    options: { ...(query === undefined ? {} : { ports: query }), ...(show === 'all' ? {} : { only: show }) },
    peers,
    look: (source, destination): Pair | undefined => {
      if (!rows.positions.has(source.id) || !columns.positions.has(destination.id)) return undefined;
      const ports = portsOf(source, destination);
      if (ports === undefined) return undefined;
      const extent = query === undefined ? extentOf(ports, undefined) : isEmptyPorts(ports) ? 'none' : extentOf(ports, query);
      return { source, destination, ports, extent };
    },
  };
}
