/** The matrix as nodes and edges, merged until it can be read. */

import { portsKey, unionPorts, type Ports } from '../../policy/ports.ts';
import type { MatrixPeer } from './matrix-report.ts';
import { isWanted, type MatrixView } from './matrix-view.ts';

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
    const graph = tryGraph(view, level, mostEdges);
    if (graph !== undefined && graph.edges.length <= mostEdges) return graph;
  }
  return makeGraphAt(view, 'namespace');
}

export function makeGraphAt(view: MatrixView, level: GraphLevel): MatrixGraph {
  return tryGraph(view, level, Number.POSITIVE_INFINITY) ?? { level, nodes: [], edges: [] };
}

/** Peers of one node and one class: they have the same answers. */
interface Unit {
  readonly node: number;
  readonly peer: MatrixPeer;
  size: number;
}

interface OneWay {
  readonly from: number;
  readonly to: number;
  readonly sets: Map<string, Ports>;
  connected: number;
}

/** Undefined as soon as there are more edges, even if each were drawn for both ways. */
function tryGraph(view: MatrixView, level: GraphLevel, mostEdges: number): MatrixGraph | undefined {
  const { nodes, units } = listNodes(view, level);
  const found = new Map<number, OneWay>();
  for (const source of units) {
    for (const destination of units) {
      const pair = view.look(source.peer, destination.peer);
      if (pair === undefined || pair.extent === 'none' || !isWanted(pair, view.options)) continue;
      const connected = source.size * (destination.size - (source === destination ? 1 : 0));
      if (connected === 0) continue;
      const key = source.node * nodes.length + destination.node;
      let edge = found.get(key);
      if (edge === undefined) {
        if (found.size >= mostEdges * 2) return undefined;
        edge = { from: source.node, to: destination.node, sets: new Map(), connected: 0 };
        found.set(key, edge);
      }
      edge.sets.set(portsKey(pair.ports), pair.ports);
      edge.connected += connected;
    }
  }
  const edges = [...found.values()].map(({ from, to, sets, connected }) => {
    const [sources, destinations] = [nodes[from]?.peers.length ?? 0, nodes[to]?.peers.length ?? 0];
    const pairs = from === to ? sources * (sources - 1) : sources * destinations;
    return { from, to, ports: unionPorts([...sets.values()]), both: false, pairs, connected };
  });
  return { level, nodes, edges: mergeDirections(edges) };
}

function listNodes(view: MatrixView, level: GraphLevel): { nodes: GraphNode[]; units: Unit[] } {
  const nodes: { index: number; namespace: string; outside: boolean; peers: MatrixPeer[] }[] = [];
  const byKey = new Map<string, number>();
  const units = new Map<string, Unit>();
  for (const [at, peer] of view.peers.entries()) {
    const outside = peer.kind === 'outside';
    const key = level === 'peer' || outside ? `p${at}` : level === 'class' ? `c${peer.class} ${peer.namespace}` : `n${peer.namespace}`;
    const node = byKey.get(key) ?? nodes.push({ index: nodes.length, namespace: peer.namespace, outside, peers: [] }) - 1;
    byKey.set(key, node);
    nodes[node]?.peers.push(peer);
    const unitKey = `${node} ${peer.class}`;
    const unit = units.get(unitKey);
    if (unit === undefined) units.set(unitKey, { node, peer, size: 1 });
    else unit.size += 1;
  }
  return { nodes, units: [...units.values()] };
}

function mergeDirections(edges: readonly GraphEdge[]): GraphEdge[] {
  const keyOf = (from: number, to: number, { ports, connected }: GraphEdge): string => `${from} ${to} ${connected} ${portsKey(ports)}`;
  const present = new Set(edges.map((edge) => keyOf(edge.from, edge.to, edge)));
  return edges
    .map((edge) => ({ ...edge, both: edge.from !== edge.to && present.has(keyOf(edge.to, edge.from, edge)) }))
    .filter((edge) => !edge.both || edge.from < edge.to);
}
