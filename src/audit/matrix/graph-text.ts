/** What nodes and edges of a graph are called. */

import type { GraphEdge, GraphNode, MatrixGraph } from './matrix-graph.ts';
import { nameInNamespace, plainText } from './matrix-view.ts';
import { shortPorts } from './port-text.ts';

/** Names that a node lists before it counts. */
const NAMES = 4;
/** Port ranges that an edge lists before it counts. */
const RANGES = 4;

/** Lines of a node's label. */
export function nodeLabel({ level }: MatrixGraph, { namespace, outside, peers }: GraphNode): string[] {
  if (level === 'namespace' && !outside) return [plainText(namespace), countOf(peers.length)];
  const names = peers.slice(0, NAMES).map(nameInNamespace);
  return peers.length > NAMES ? [...names, `and ${peers.length - NAMES} more`] : names;
}

/** `80,443`; where only some of the pairs are connected, their share: `80 (3 of 12)`. */
export function edgeLabel({ ports, pairs, connected }: GraphEdge): string {
  const text = ports === 'all' ? 'all ports' : shortPorts(ports, RANGES);
  return connected < pairs ? `${text} (${connected} of ${pairs})` : text;
}

function countOf(peers: number): string {
  return peers === 1 ? '1 workload' : `${peers} workloads`;
}
