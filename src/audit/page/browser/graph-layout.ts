/** Places the nodes of a graph: namespaces as boxes around a ring, their workloads within; many namespaces as dots on a circle. Pure: no text is measured. */

import type { GraphNode, MatrixGraph } from '../../matrix/matrix-graph.ts';
import { nodeLabel } from '../../matrix/graph-text.ts';

export interface PlacedNode {
  readonly node: GraphNode;
  readonly label: readonly string[];
  /** Of its middle. */
  readonly x: number;
  readonly y: number;
  /** Zero for a dot. */
  readonly width: number;
  readonly height: number;
  /** Of a dot: the direction in which its label reads, in degrees. */
  readonly angle: number;
}

export interface PlacedBox {
  readonly namespace: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface GraphLayout {
  readonly nodes: readonly PlacedNode[];
  readonly boxes: readonly PlacedBox[];
  /** Left, top, width, height of it all. */
  readonly bounds: readonly [number, number, number, number];
}

/** More namespaces than these have no room for boxes. */
const MOST_BOXES = 20;
const LINE = 15;
const PAD = 14;
/** Beside a column of nodes, for the lines among them. */
const AISLE = 50;
const TITLE = 22;
const GAP = 90;
const LETTER = 6.6;

interface Rectangle {
  x: number;
  y: number;
  readonly width: number;
  readonly height: number;
}

export function layOutGraph(graph: MatrixGraph): GraphLayout {
  const plain = graph.level === 'namespace';
  return plain && graph.nodes.length > MOST_BOXES ? layOutCircle(graph) : layOutBoxes(graph, !plain);
}

function layOutCircle(graph: MatrixGraph): GraphLayout {
  const count = graph.nodes.length;
  const radius = Math.max(240, count * 5.2);
  const nodes = graph.nodes.map((node, at) => {
    const turn = (at / count) * Math.PI * 2 - Math.PI / 2;
    const degrees = (turn * 180) / Math.PI;
    return {
      node,
      label: nodeLabel(graph, node).slice(0, 1),
      x: Math.cos(turn) * radius,
      y: Math.sin(turn) * radius,
      width: 0,
      height: 0,
      angle: degrees,
    };
  });
  const longest = Math.min(26, Math.max(...nodes.map(({ label }) => label[0]?.length ?? 0)));
  const reach = radius + longest * LETTER + 24;
  return { nodes, boxes: [], bounds: [-reach, -reach, reach * 2, reach * 2] };
}

function layOutBoxes(graph: MatrixGraph, framed: boolean): GraphLayout {
  const groups = orderGroups(
    graph,
    framed
      ? [...Map.groupBy(graph.nodes, ({ namespace, outside, index }) => (outside ? ` ${index}` : namespace)).values()]
      : graph.nodes.map((node) => [node]),
  );
  const blocks = groups.map((nodes) => makeBlock(graph, nodes, framed && nodes[0]?.outside === false));
  placeAround(blocks.map(({ box }) => box));
  const nodes = blocks.flatMap(({ box, inside }) => inside.map((node) => ({ ...node, x: node.x + box.x, y: node.y + box.y })));
  const boxes = blocks.flatMap(({ box, inside, titled }) =>
    titled ? [{ namespace: inside[0]?.node.namespace ?? '', ...box, x: box.x - box.width / 2, y: box.y - box.height / 2 }] : [],
  );
  const all = blocks.map(({ box }) => box);
  const left = Math.min(0, ...all.map(({ x, width }) => x - width / 2)) - 40;
  const top = Math.min(0, ...all.map(({ y, height }) => y - height / 2)) - 40;
  const right = Math.max(0, ...all.map(({ x, width }) => x + width / 2)) + 40;
  const bottom = Math.max(0, ...all.map(({ y, height }) => y + height / 2)) + 40;
  return { nodes, boxes, bounds: [left, top, right - left, bottom - top] };
}

/** Those with much between them come side by side. */
function orderGroups(graph: MatrixGraph, groups: GraphNode[][]): GraphNode[][] {
  const groupOf = new Map(groups.flatMap((nodes, at) => nodes.map((node) => [node.index, at] as const)));
  const weights = groups.map(() => groups.map(() => 0));
  for (const { from, to } of graph.edges) {
    const [a, b] = [groupOf.get(from) ?? 0, groupOf.get(to) ?? 0];
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      const row = weights[one];
      if (row !== undefined && one !== other) row[other] = (row[other] ?? 0) + 1;
    }
  }
  const left = new Set(groups.keys());
  const ordered: GraphNode[][] = [];
  let last = 0;
  while (left.size > 0) {
    if (!left.has(last)) {
      const row = weights[last];
      last = [...left].toSorted((a, b) => (row?.[b] ?? 0) - (row?.[a] ?? 0))[0] ?? 0;
    }
    left.delete(last);
    const group = groups[last];
    if (group !== undefined) ordered.push(group);
  }
  return ordered;
}

interface Block {
  readonly box: Rectangle;
  readonly inside: readonly PlacedNode[];
  readonly titled: boolean;
}

/** Nodes in columns, placed about the block's middle. */
function makeBlock(graph: MatrixGraph, nodes: readonly GraphNode[], titled: boolean): Block {
  const labels = nodes.map((node) => nodeLabel(graph, node));
  const longest = Math.max(...labels.flat().map((line) => line.length));
  const width = Math.min(Math.max(longest * LETTER + 24, 96), 230);
  const height = Math.max(...labels.map((lines) => lines.length)) * LINE + 16;
  const columns = nodes.length <= 4 ? 1 : nodes.length <= 12 ? 2 : Math.ceil(Math.sqrt(nodes.length / 2));
  const rows = Math.ceil(nodes.length / columns);
  const [stepX, stepY] = [width + 34, height + 20];
  const inner = { width: columns * stepX - 34, height: rows * stepY - 20 };
  const aisle = nodes.length > 1 && columns === 1 ? AISLE : PAD;
  const box = { x: 0, y: 0, width: inner.width + aisle * 2, height: inner.height + PAD * 2 + (titled ? TITLE : 0) };
  const inside = nodes.map((node, at) => ({
    node,
    label: labels[at] ?? [],
    x: -inner.width / 2 + width / 2 + (at % columns) * stepX,
    y: -inner.height / 2 + height / 2 + Math.floor(at / columns) * stepY + (titled ? TITLE / 2 : 0),
    width,
    height,
    angle: 0,
  }));
  return { box, inside, titled };
}

/** Around an ellipse, each with as much of it as it is large; then apart, until none touch. */
function placeAround(boxes: readonly Rectangle[]): void {
  if (boxes.length < 2) return;
  const sizes = boxes.map(({ width, height }) => Math.hypot(width, height) + GAP);
  const around = sizes.reduce((sum, size) => sum + size, 0);
  const radius = around / (Math.PI * 2);
  let walked = 0;
  for (const [at, box] of boxes.entries()) {
    const size = sizes[at] ?? 0;
    const turn = ((walked + size / 2) / around) * Math.PI * 2 - Math.PI;
    box.x = Math.cos(turn) * radius * 1.25;
    box.y = Math.sin(turn) * radius * 0.8;
    walked += size;
  }
  for (let round = 0; round < 300 && pushApart(boxes); round += 1);
}

/** Whether any two were too near. */
function pushApart(boxes: readonly Rectangle[]): boolean {
  let moved = false;
  for (const [at, a] of boxes.entries()) {
    for (const b of boxes.slice(at + 1)) {
      const overX = (a.width + b.width) / 2 + GAP * 0.8 - Math.abs(a.x - b.x);
      const overY = (a.height + b.height) / 2 + GAP * 0.6 - Math.abs(a.y - b.y);
      if (overX <= 0 || overY <= 0) continue;
      moved = true;
      if (overX < overY) {
        const push = (overX / 2 + 0.5) * (a.x <= b.x ? -1 : 1);
        a.x += push;
        b.x -= push;
      } else {
        const push = (overY / 2 + 0.5) * (a.y <= b.y ? -1 : 1);
        a.y += push;
        b.y -= push;
      }
    }
  }
  return moved;
}

/** Of the line between two nodes: from border to border, bent so that there and back do not lie on each other. SVG path data and the middle. */
export function routeEdge(
  from: PlacedNode,
  to: PlacedNode,
  dots: boolean,
): { readonly path: string; readonly x: number; readonly y: number } {
  if (from === to) return dots ? { path: '', x: from.x, y: from.y } : routeLoop(from);
  if (from.x === to.x && from.width > 0) return routeAside(from, to);
  const [middleX, middleY] = [(from.x + to.x) / 2, (from.y + to.y) / 2];
  const [byX, byY] = [to.x - from.x, to.y - from.y];
  const distance = Math.hypot(byX, byY) || 1;
  // Dots bend to the circle's middle; boxes each to its own right hand.
  const bend = Math.min(60, distance * 0.16);
  const controlX = dots ? middleX * 0.25 : middleX - (byY / distance) * bend;
  const controlY = dots ? middleY * 0.25 : middleY + (byX / distance) * bend;
  const start = leave(from, controlX, controlY, 2);
  const end = leave(to, controlX, controlY, dots ? 6 : 7);
  const at = (a: number, control: number, b: number): number => a / 4 + control / 2 + b / 4;
  return {
    path: `M${round(start.x)} ${round(start.y)}Q${round(controlX)} ${round(controlY)} ${round(end.x)} ${round(end.y)}`,
    x: at(start.x, controlX, end.x),
    y: at(start.y, controlY, end.y),
  };
}

function routeLoop({ x, y, width, height }: PlacedNode): { readonly path: string; readonly x: number; readonly y: number } {
  const right = x + width / 2;
  const lift = Math.max(height / 4, 5);
  const path = `M${round(right)} ${round(y - lift)}C${round(right + 34)} ${round(y - lift - 12)} ${round(right + 34)} ${round(y + lift + 12)} ${round(right + 6)} ${round(y + lift)}`;
  return { path, x: right + 26, y };
}

/** Nodes of one column have others between them: the line goes by them, down on the right and up on the left. */
function routeAside(from: PlacedNode, to: PlacedNode): { readonly path: string; readonly x: number; readonly y: number } {
  const side = from.y < to.y ? 1 : -1;
  const edge = from.x + (side * from.width) / 2;
  const bulge = edge + side * Math.min(26 + Math.abs(to.y - from.y) * 0.12, AISLE * 1.1);
  const path = `M${round(edge + side * 2)} ${round(from.y + side * 4)}C${round(bulge)} ${round(from.y + side * 8)} ${round(bulge)} ${round(to.y - side * 8)} ${round(edge + side * 7)} ${round(to.y - side * 4)}`;
  return { path, x: (edge + bulge * 3) / 4, y: (from.y + to.y) / 2 };
}

/** Where a line to the point leaves the node, with some air. */
function leave({ x, y, width, height }: PlacedNode, toX: number, toY: number, air: number): { x: number; y: number } {
  const [byX, byY] = [toX - x, toY - y];
  const distance = Math.hypot(byX, byY) || 1;
  const share = Math.min(byX === 0 ? 1 : width / 2 / Math.abs(byX), byY === 0 ? 1 : height / 2 / Math.abs(byY), 1);
  const step = width === 0 ? (air + 3) / distance : Math.min(share + air / distance, 1);
  return { x: x + byX * step, y: y + byY * step };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
