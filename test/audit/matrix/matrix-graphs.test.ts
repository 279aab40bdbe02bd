/** The matrix as a graph: merging, Graphviz, Mermaid. */

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { formatDot } from '../../../src/audit/matrix/matrix-dot.ts';
import { makeGraph, makeGraphAt } from '../../../src/audit/matrix/matrix-graph.ts';
import { formatMermaid } from '../../../src/audit/matrix/matrix-mermaid.ts';
import { selectView } from '../../../src/audit/matrix/matrix-view.ts';
import { leaveOutIf } from '../../support/requires.ts';
import { makeCluster } from './cluster-matrix.ts';
import { HOSTILE_NAMES, makeHostile } from './hostile-matrix.ts';
import { makeReport } from './matrix-builder.ts';
import { makeShop } from './shop-matrix.ts';

const shop = selectView(makeShop());
const hostile = selectView(makeHostile());
const cluster = selectView(makeCluster({ workloads: 500, namespaces: 60 }));
const withoutGraphviz = spawnSync('dot', ['-V']).status === 0 ? undefined : 'needs Graphviz';

describe('a graph', () => {
  it('has a node for each peer and an edge for what is allowed, while that can be read', () => {
    const graph = makeGraph(shop, 100);
    expect(graph.level).toBe('peer');
    expect(graph.nodes).toHaveLength(7);
    const named = graph.edges.map(({ from, to }) => `${graph.nodes[from]?.peers[0]?.name} ${graph.nodes[to]?.peers[0]?.name}`);
    expect(named).toContain('web api');
    expect(named).not.toContain('web db');
  });

  it('draws what is the same both ways once', () => {
    const { edges, nodes } = makeGraph(shop, 100);
    const between = edges.filter(({ from, to }) => [from, to].every((at) => nodes[at]?.namespace === 'monitoring'));
    expect(between).toHaveLength(1);
    expect(between[0]?.both).toBe(true);
  });

  it('merges peers of a namespace that are treated alike', () => {
    const twins = makeReport(
      ['a', 'b', 'c'].map((name) => ({ namespace: 'n', workload: 'Deployment', name, class: 'one' })),
      [],
    );
    const { nodes, edges } = makeGraphAt(selectView(twins), 'class');
    expect(nodes.map(({ peers }) => peers.length)).toEqual([3]);
    expect(edges).toMatchObject([{ from: 0, to: 0, pairs: 6, connected: 6 }]);
  });

  it('merges whole namespaces where there is too much, and says how much of it is connected', () => {
    const graph = makeGraph(cluster, 150);
    expect(graph.level).toBe('namespace');
    expect(graph.nodes).toHaveLength(60 + 2);
    expect(graph.edges.some(({ connected, pairs }) => connected < pairs)).toBe(true);
    expect(graph.edges.every(({ connected, pairs }) => connected > 0 && connected <= pairs)).toBe(true);
  });

  it('has no edge for what is denied', () => {
    expect(makeGraph(selectView(makeShop(), { only: 'denied' }), 100).edges).toEqual([]);
  });
});

describe('dot', () => {
  it('has a cluster for each namespace, and ports on the edges', () => {
    const text = formatDot(shop);
    for (const namespace of ['shop', 'monitoring', 'legacy']) expect(text).toContain(`label="${namespace}"`);
    expect(text).toMatch(/n5 -> n3 \[label="8080"\]/);
  });

  it('quotes what would end a label', () => {
    expect(formatDot(hostile)).toContain('quote\\\\\\" -> evil [label=x]; }'.replace('label=x', 'label=\\"x\\"'));
  });

  it.each([
    ['a shop', shop],
    ['hostile names', hostile],
    ['nothing', selectView(makeReport([], []))],
  ])('of %s is drawn by Graphviz', leaveOutIf(withoutGraphviz), (_name, view) => {
    const { status, stderr, stdout } = spawnSync('dot', ['-Tsvg'], { input: formatDot(view), encoding: 'utf8', timeout: 60_000 });
    expect(stderr.split('\n').filter((line) => line.includes('rror'))).toEqual([]);
    expect(status).toBe(0);
    expect(stdout).toContain('</svg>');
    expect(stdout).not.toContain('<script');
  });

  it('of 500 workloads is drawn in seconds', leaveOutIf(withoutGraphviz), () => {
    const { status, stdout } = spawnSync('dot', ['-Tsvg'], { input: formatDot(cluster), encoding: 'utf8', timeout: 60_000 });
    expect(status).toBe(0);
    expect(stdout).toContain('</svg>');
  });

  it('shows names as they are', leaveOutIf(withoutGraphviz), () => {
    const { stdout } = spawnSync('dot', ['-Tsvg'], { input: formatDot(shop), encoding: 'utf8' });
    expect(stdout).toContain('StatefulSet/prometheus');
  });
});

describe('Mermaid', () => {
  it('has a subgraph for each namespace, and ports on the edges', () => {
    const text = formatMermaid(shop);
    expect(text.startsWith('flowchart LR\n')).toBe(true);
    expect(text).toContain('  subgraph s2["shop"]\n');
    expect(text).toContain('  n5 -->|"8080"| n3\n');
    expect(text).toContain('n6(["internet"])');
  });

  it('writes every letter that has a meaning by its number', () => {
    const text = formatMermaid(hostile);
    for (const line of text.split('\n')) expect(line.match(/"/g)?.length ?? 0).toSatisfy((count: number) => count % 2 === 0 && count <= 2);
    expect(text.replaceAll('<br>', '').replaceAll('<-->', '').replaceAll('-->', '')).not.toMatch(/[<>`\\{}%]/);
    expect(HOSTILE_NAMES.some((name) => name.includes('%%{'))).toBe(true);
  });

  it('says clearly when it is more than Mermaid draws, and what to do', () => {
    expect(() => formatMermaid(cluster)).toThrow(
      expect.objectContaining({ code: 'E_MATRIX_MERMAID', mend: 'ask for fewer namespaces, or for dot or HTML' }),
    );
  });

  it('is drawn again when fewer namespaces are asked for', () => {
    const { report } = cluster;
    expect(formatMermaid(selectView(report, { namespaces: ['team-01', 'team-02', 'platform'] }))).toContain('subgraph');
  });
});
