/** The matrix as nodes and edges, merged until it can be read. */

import { portsKey, unionPorts, type Ports } from '../../policy/ports.ts';
import type { MatrixPeer } from './matrix-report.ts';
import { listPairs, type MatrixView } from './matrix-view.ts';

/** What a node stands for: a peer; the peers of a namespace that every policy treats alike; a namespace. */
export type GraphLevel = 'peer' | 'class' | 'namespace';
const LEVELS: readonly GraphLevel[] = ['peer', 'class', 'namespace'];

export interface GraphNode {
  /** Position in `nodes`. */
  readonly index: number;
  readonly namespace: string;
  readonly outside: boolean;
  /** At least one. */
  readonly peers: readonly MatrixPeer[];
}

export interface GraphEdge {
  readonly from: number;
  readonly to: number;
  /** Of all its pairs together. */
  readonly ports: Ports;
  /** The same is allowed the other way round, and not drawn again. */
  readonly both: boolean;
  /** Pairs of peers that it stands for, and how many of them are connected. */
  readonly pairs: number;
  readonly connected: number;
}

export interface MatrixGraph {
  readonly level: GraphLevel;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** The finest level that keeps to so many edges, or the coarsest there is. Denied pairs are no edges, and a peer's way to itself is none either. */
export function makeGraph(view: MatrixView, mostEdges: number): MatrixGraph {
  for (const level of LEVELS) {
    const graph = makeGraphAt(view, level);
    if (graph.edges.length <= mostEdges) return graph;
  }
  return makeGraphAt(view, 'namespace');
}

export function makeGraphAt(view: MatrixView, level: GraphLevel): MatrixGraph {
  const nodes: { index: number; namespace: string; outside: boolean; peers: MatrixPeer[] }[] = [];
  const byKey = new Map<string, number>();
  const nodeOf = new Map<MatrixPeer, number>();
  for (const peer of view.peers) {
    const outside = peer.kind === 'outside';
    const key =
      level === 'peer' || outside ? `p${nodeOf.size}` : level === 'class' ? `c${peer.class} ${peer.namespace}` : `n${peer.namespace}`;
    const index = byKey.get(key) ?? nodes.push({ index: nodes.length, namespace: peer.namespace, outside, peers: [] }) - 1;
    byKey.set(key, index);
    nodes[index]?.peers.push(peer);
    nodeOf.set(peer, index);
  }
  return { level, nodes, edges: mergeDirections(edgesBetween(view, nodes, nodeOf)) };
}

interface OneWay {
  readonly from: number;
  readonly to: number;
  readonly sets: Map<string, Ports>;
  connected: number;
}

function edgesBetween(view: MatrixView, nodes: readonly GraphNode[], nodeOf: ReadonlyMap<MatrixPeer, number>): GraphEdge[] {
  const found = new Map<number, OneWay>();
  for (const { source, destination, ports, extent } of listPairs(view)) {
    if (extent === 'none' || source === destination) continue;
    const from = nodeOf.get(source) ?? 0;
    const to = nodeOf.get(destination) ?? 0;
    const key = from * nodes.length + to;
    let edge = found.get(key);
    if (edge === undefined) {
      edge = { from, to, sets: new Map(), connected: 0 };
      found.set(key, edge);
    }
    edge.sets.set(portsKey(ports), ports);
    edge.connected += 1;
  }
  return [...found.values()].map(({ from, to, sets, connected }) => {
    const [sources, destinations] = [nodes[from]?.peers.length ?? 0, nodes[to]?.peers.length ?? 0];
    const pairs = from === to ? sources * (sources - 1) : sources * destinations;
    return { from, to, ports: unionPorts([...sets.values()]), both: false, pairs, connected };
  });
}

function mergeDirections(edges: readonly GraphEdge[]): GraphEdge[] {
  const keyOf = (from: number, to: number, { ports, connected }: GraphEdge): string => `${from} ${to} ${connected} ${portsKey(ports)}`;
  const present = new Set(edges.map((edge) => keyOf(edge.from, edge.to, edge)));
  return edges
    .map((edge) => ({ ...edge, both: edge.from !== edge.to && present.has(keyOf(edge.to, edge.from, edge)) }))
    .filter((edge) => !edge.both || edge.from < edge.to);
}
