/** Shapes and names of a graph's nodes and lines. */

import type { GraphNode, MatrixGraph } from '../../matrix/matrix-graph.ts';
import { svgElement } from './element.ts';
import type { PlacedNode } from './graph-layout.ts';
import { groupTitle } from './words.ts';

export function nameOf(graph: MatrixGraph, node: GraphNode): string {
  if (graph.level === 'namespace' && !node.outside) return groupTitle(node.namespace);
  const [first] = node.peers;
  const name = first === undefined ? '' : node.outside ? first.name : `${groupTitle(node.namespace)}/${first.name}`;
  return node.peers.length > 1 ? `${name} and ${node.peers.length - 1} more` : name;
}

export function drawDot(made: SVGElement, { node, label, x, y, angle }: PlacedNode): void {
  const size = Math.min(9, 3.5 + Math.sqrt(node.peers.length));
  const turned = angle > 90 && angle < 270;
  const text = svgElement(
    'text',
    {
      transform: `translate(${x} ${y}) rotate(${turned ? angle + 180 : angle}) translate(${turned ? -14 : 14} 0)`,
      class: `node-name ${turned ? 'end' : 'start'}`,
    },
    cut(label[0] ?? ''),
  );
  made.append(svgElement('circle', { cx: x, cy: y, r: 14, class: 'room' }), svgElement('circle', { cx: x, cy: y, r: size }), text);
}

export function arrows(): SVGElement {
  return svgElement(
    'defs',
    {},
    ...['all', 'some'].map((kind) =>
      svgElement(
        'marker',
        {
          id: `arrow-${kind}`,
          viewBox: '0 0 8 8',
          refX: 6,
          refY: 4,
          markerWidth: 7,
          markerHeight: 7,
          orient: 'auto-start-reverse',
          markerUnits: 'userSpaceOnUse',
        },
        svgElement('path', { d: 'M0 0.5L8 4L0 7.5Z', class: `arrow ${kind}` }),
      ),
    ),
  );
}

export function cut(text: string): string {
  return text.length > 32 ? `${text.slice(0, 31)}…` : text;
}
