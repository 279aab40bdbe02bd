/** Where the nodes of the page's graph come to lie. */

import { describe, expect, it } from 'vitest';
import { makeGraph, makeGraphAt } from '../../../src/audit/matrix/matrix-graph.ts';
import { selectView } from '../../../src/audit/matrix/matrix-view.ts';
import { layOutGraph, routeEdge, type GraphLayout } from '../../../src/audit/page/browser/graph-layout.ts';
import { makeCluster } from '../matrix/cluster-matrix.ts';
import { makeReport } from '../matrix/matrix-builder.ts';
import { makeShop } from '../matrix/shop-matrix.ts';

const shop = layOutGraph(makeGraphAt(selectView(makeShop()), 'peer'));
const cluster = selectView(makeCluster({ workloads: 90, namespaces: 12, roles: 6 }));

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function overlaps(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function rectanglesOf({ nodes }: GraphLayout): Rectangle[] {
  return nodes.map(({ x, y, width, height }) => ({ x: x - width / 2, y: y - height / 2, width, height }));
}

describe('the layout of a graph', () => {
  it.each([
    ['a shop', shop],
    ['a cluster', layOutGraph(makeGraphAt(cluster, 'peer'))],
    ['namespaces', layOutGraph(makeGraphAt(cluster, 'namespace'))],
  ])('of %s lays no node or box on another', (_name, layout) => {
    for (const all of [rectanglesOf(layout), layout.boxes]) {
      for (const [at, one] of all.entries()) for (const other of all.slice(at + 1)) expect(overlaps(one, other)).toBe(false);
    }
  });

  it('has the workloads within the boxes of their namespaces', () => {
    expect(shop.boxes.map(({ namespace }) => namespace).toSorted()).toEqual(['legacy', 'monitoring', 'shop']);
    for (const { node, x, y } of shop.nodes) {
      const box = shop.boxes.find(({ namespace }) => namespace === node.namespace);
      if (node.outside) continue;
      expect(box !== undefined && x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height).toBe(true);
    }
  });

  it('has everything within its bounds', () => {
    const [left, top, width, height] = shop.bounds;
    for (const box of rectanglesOf(shop)) {
      expect(box.x >= left && box.y >= top && box.x + box.width <= left + width && box.y + box.height <= top + height).toBe(true);
    }
  });

  it('puts many namespaces on a circle', () => {
    const { nodes, boxes } = layOutGraph(makeGraph(selectView(makeCluster({ workloads: 200, namespaces: 60 })), 100));
    expect(boxes).toEqual([]);
    const radii = nodes.map(({ x, y }) => Math.hypot(x, y));
    expect(Math.max(...radii) - Math.min(...radii)).toBeLessThan(0.001);
  });

  it('of nothing is nothing', () => {
    expect(layOutGraph(makeGraphAt(selectView(makeReport([], [])), 'peer')).nodes).toEqual([]);
  });

  it('has lines there and back that do not lie on each other', () => {
    const [a, b] = shop.nodes;
    if (a === undefined || b === undefined) throw new Error('no nodes');
    const [there, back] = [routeEdge(a, b, false), routeEdge(b, a, false)];
    expect(Math.hypot(there.x - back.x, there.y - back.y)).toBeGreaterThan(10);
  });

  it('has no line of anything but numbers', () => {
    for (const from of shop.nodes) for (const to of shop.nodes) expect(routeEdge(from, to, false).path).toMatch(/^M[-\d. MQC]+$/);
  });
});
