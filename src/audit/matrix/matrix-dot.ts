/** The matrix as a graph for Graphviz: a cluster for each namespace, an edge for what is allowed. */

import { edgeLabel, nodeLabel } from './graph-text.ts';
import { makeGraph, type GraphEdge } from './matrix-graph.ts';
import { plainText, type MatrixView } from './matrix-view.ts';

/** Beyond, nobody can follow a line; nodes are merged. */
const READABLE_EDGES = 150;

export function formatDot(view: MatrixView): string {
  const graph = makeGraph(view, READABLE_EDGES);
  const lines = [
    'digraph matrix {',
    `  label=${quote([`Who reaches whom in ${plainText(view.report.input)}`])};`,
    '  labelloc=t; rankdir=LR; fontname="sans-serif";',
    // Ranks of so many edges take dot minutes, and say nothing.
    ...(graph.edges.length > READABLE_EDGES ? ['  layout=sfdp; overlap=prism; K=1.5;'] : []),
    '  node [shape=box, style="rounded,filled", fillcolor="#eef4fb", color="#3b6ea5", fontname="sans-serif", fontsize=11];',
    '  edge [color="#3b6ea5", fontname="sans-serif", fontsize=9];',
  ];
  const clusters = Map.groupBy(graph.nodes, ({ namespace }) => namespace);
  let count = 0;
  for (const [namespace, nodes] of clusters) {
    const own = nodes.map((node) => {
      const shape = node.outside ? ', shape=ellipse, style=filled, fillcolor="#fbf3e6", color="#a5733b"' : '';
      return `n${node.index} [label=${quote(nodeLabel(graph, node))}${shape}];`;
    });
    if (namespace === '' || graph.level === 'namespace') {
      lines.push(...own.map((line) => `  ${line}`));
      continue;
    }
    lines.push(`  subgraph cluster_${count} {`, `    label=${quote([plainText(namespace)])}; style=rounded; color="#9aa7b4";`);
    lines.push(...own.map((line) => `    ${line}`), '  }');
    count += 1;
  }
  return [...lines, ...graph.edges.map(edgeLine), '}', ''].join('\n');
}

function edgeLine(edge: GraphEdge): string {
  const both = edge.both ? ', dir=both' : '';
  return `  n${edge.from} -> n${edge.to} [label=${quote([edgeLabel(edge)])}${both}];`;
}

/** A quoted string, in which Graphviz knows `\"` and escapes of its own after a backslash. It also reads HTML's names of letters. */
function quote(lines: readonly string[]): string {
  const texts = lines.map((line) => line.replaceAll('&', '&amp;').replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
  return `"${texts.join('\\n')}"`;
}
