/** The part of a matrix that is asked for: its sources, its destinations, and what stands at their crossing. */

import type { Ports } from '../../policy/ports.ts';
import type { MatrixPeer, MatrixReport } from './matrix-report.ts';
import { extentOf, narrowPorts, type Extent, type PortQuery } from './port-query.ts';

export interface ViewOptions {
  /** Peers of one kind, where the report has both; what is outside always stays. */
  readonly by?: 'workload' | 'pod';
  /** Peers of these namespaces, and what is outside. Default: all. */
  readonly namespaces?: readonly string[];
  /** Only pairs of which something is allowed, or nothing is. */
  readonly only?: 'allowed' | 'denied';
  /** Only these ports are asked about. */
  readonly ports?: PortQuery;
}

export interface Pair {
  readonly source: MatrixPeer;
  readonly destination: MatrixPeer;
  /** Of what was asked about. */
  readonly ports: Ports;
  readonly extent: Extent;
}

export interface MatrixView {
  readonly report: MatrixReport;
  readonly options: ViewOptions;
  /** By namespace, then name; what is outside comes last. */
  readonly peers: readonly MatrixPeer[];
  /** Undefined where it was not asked: outside to outside. `only` is not heeded. */
  readonly look: (source: MatrixPeer, destination: MatrixPeer) => Pair | undefined;
}

export function selectView(report: MatrixReport, options: ViewOptions = {}): MatrixView {
  const { by, namespaces, ports: query } = options;
  const answers = report.portSets.map((ports) => ({ ports: narrowPorts(ports, query), extent: extentOf(ports, query) }));
  const all = { ports: narrowPorts('all', query), extent: extentOf('all', query) };
  const peers = report.peers
    .filter(({ kind }) => kind === 'outside' || by === undefined || kind === by)
    .filter(({ kind, namespace }) => kind === 'outside' || namespaces === undefined || namespaces.includes(namespace))
    .toSorted(comparePeers);
  return {
    report,
    options,
    peers,
    look: (source, destination) => {
      const answer = isOnePod(source, destination) ? all : answers[report.allowed[source.class]?.[destination.class] ?? -1];
      return answer === undefined ? undefined : { source, destination, ...answer };
    },
  };
}

/** A pod always reaches itself; what a workload's pods allow each other is another question. */
function isOnePod(source: MatrixPeer, destination: MatrixPeer): boolean {
  return source === destination && (source.kind === 'pod' || source.workload === 'Pod');
}

export function comparePeers(a: MatrixPeer, b: MatrixPeer): number {
  if ((a.kind === 'outside') !== (b.kind === 'outside')) return a.kind === 'outside' ? 1 : -1;
  return compareTexts(a.namespace, b.namespace) || compareTexts(a.name, b.name) || compareTexts(a.workload, b.workload);
}

/** By code units: the same on every machine. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Every pair that `only` lets stand, row by row. */
export function* listPairs(view: MatrixView): Generator<Pair> {
  for (const source of view.peers) {
    for (const destination of view.peers) {
      const pair = view.look(source, destination);
      if (pair !== undefined && isWanted(pair, view.options)) yield pair;
    }
  }
}

export function isWanted({ extent }: Pair, { only }: ViewOptions): boolean {
  return only === undefined || (extent === 'none') === (only === 'denied');
}

/** Peers side by side that share a namespace; what is outside is a group with an empty namespace. */
export function groupPeers(peers: readonly MatrixPeer[]): { readonly namespace: string; readonly peers: readonly MatrixPeer[] }[] {
  const groups: { readonly namespace: string; readonly peers: MatrixPeer[] }[] = [];
  for (const peer of peers) {
    const last = groups.at(-1);
    if (last === undefined || last.namespace !== peer.namespace) groups.push({ namespace: peer.namespace, peers: [peer] });
    else last.peers.push(peer);
  }
  return groups;
}

/** `Deployment/web`; of a pod and of what is outside its name alone. Control characters and those that turn the writing direction are shown as `�`. */
export function nameInNamespace(peer: MatrixPeer): string {
  return plainText(peer.kind !== 'workload' ? peer.name : `${peer.workload}/${peer.name}`);
}

/** `shop/Deployment/web` */
export function fullName(peer: MatrixPeer): string {
  return plainText(peer.namespace === '' ? nameInNamespace(peer) : `${peer.namespace}/${nameInNamespace(peer)}`);
}

/** A terminal obeys control characters, and bidirectional ones make a name read as another. */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, '\ufffd');
}
