/** The matrix as a Mermaid flowchart, for Markdown that draws it. */

import { PosternError } from '../../model/error.ts';
import { edgeLabel, nodeLabel } from './graph-text.ts';
import { makeGraph } from './matrix-graph.ts';
import { plainText, type MatrixView } from './matrix-view.ts';

/** Mermaid draws no more (`maxEdges`), nor a longer text (`maxTextSize`), unless a page configures it to. */
const MOST_EDGES = 500;
const LONGEST_TEXT = 50_000;
/** Beyond, nobody can follow a line; nodes are merged. */
const READABLE_EDGES = 100;

export function formatMermaid(view: MatrixView): string {
  const graph = makeGraph(view, READABLE_EDGES);
  if (graph.edges.length > MOST_EDGES) throw tooLarge(`${graph.edges.length} connections between namespaces`, `${MOST_EDGES} edges`);
  const lines = ['flowchart LR'];
  const groups = Map.groupBy(graph.nodes, ({ namespace }) => namespace);
  let count = 0;
  for (const [namespace, nodes] of groups) {
    const own = nodes.map((node) => {
      const label = `"${nodeLabel(graph, node).map(escapeText).join('<br>')}"`;
      return node.outside ? `n${node.index}([${label}])` : `n${node.index}[${label}]`;
    });
    if (namespace === '' || graph.level === 'namespace') {
      lines.push(...own.map((line) => `  ${line}`));
      continue;
    }
    lines.push(`  subgraph s${count}["${escapeText(plainText(namespace))}"]`, ...own.map((line) => `    ${line}`), '  end');
    count += 1;
  }
  for (const edge of graph.edges) lines.push(`  n${edge.from} ${edge.both ? '<-->' : '-->'}|"${escapeText(edgeLabel(edge))}"| n${edge.to}`);
  const text = `${lines.join('\n')}\n`;
  if (text.length > LONGEST_TEXT) throw tooLarge(`a text of ${text.length} letters`, `${LONGEST_TEXT} letters`);
  return text;
}

function tooLarge(size: string, bound: string): PosternError {
  return new PosternError('E_MATRIX_MERMAID', `the matrix is ${size}, and Mermaid draws at most ${bound}`, {
    mend: 'ask for fewer namespaces, or for dot or HTML',
  });
}

/** Mermaid's own escapes: `#` and a code point in decimal. Everything that could end a label or begin a word of its language is written so. */
function escapeText(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} .,/():+-]/gu, (letter) => `#${letter.codePointAt(0)};`);
}
