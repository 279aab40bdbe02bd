/** The matrix as a graph on the stage: workloads in the boxes of their namespaces, lines for what is allowed; merged where there is too much. */

import { edgeLabel } from '../../matrix/graph-text.ts';
import { makeGraph, makeGraphAt, type GraphNode, type MatrixGraph } from '../../matrix/matrix-graph.ts';
import { element, svgElement } from './element.ts';
import { layOutGraph, routeEdge, type PlacedNode } from './graph-layout.ts';
import { arrows, cut, drawDot, nameOf } from './graph-shapes.ts';
import { GraphWindow } from './graph-window.ts';
import { isNamed, type PageModel } from './page-model.ts';
import type { Nodes, Place } from './view-state.ts';
import { countText, groupTitle } from './words.ts';

export interface GraphEvents {
  readonly onPair: (cell: readonly [string, string]) => void;
  /** A node, and what its lines say. */
  readonly onNode: (node: GraphNode, lines: readonly string[]) => void;
  readonly onLevel: (nodes: Nodes) => void;
  /** It was zoomed or moved; undefined: all of it is in sight. */
  readonly onPlace: (place: Place | undefined) => void;
  readonly onLive: (text: string) => void;
}

/** More lines than these are merged, unless a level is chosen. */
const MOST_EDGES = 160;
/** More lines than these are drawn without their ports. */
const MOST_LABELS = 40;
/** A browser takes long over more. */
const MOST_DRAWN = 4000;
const LEVELS: readonly (readonly [Nodes, string])[] = [
  ['auto', 'Automatic'],
  ['peer', 'Workloads'],
  ['class', 'Workloads, alike ones merged'],
  ['namespace', 'Namespaces'],
];

/** A line as one of its two nodes has it. */
interface Line {
  readonly element: SVGElement;
  readonly outward: boolean;
  readonly inward: boolean;
  /** What it says; empty for a second element of the same line. */
  readonly text: string;
}

export class GraphStage {
  readonly root = element('div', { class: 'graph' });
  readonly #svg = svgElement('svg', { role: 'group', 'aria-label': 'Graph of allowed connections' });
  readonly #window: GraphWindow;
  readonly #level = element('select');
  readonly #note = element('span', { class: 'dim' });
  readonly #events: GraphEvents;
  #model: PageModel | undefined;
  #drawn: Nodes | undefined;
  #search = '';

  constructor(events: GraphEvents) {
    this.#events = events;
    this.#window = new GraphWindow(this.#svg, events.onPlace);
    this.#level.append(...LEVELS.map(([value, text]) => element('option', { value }, text)));
    this.#level.addEventListener('change', () => {
      const chosen = LEVELS.find(([value]) => value === this.#level.value);
      if (chosen !== undefined) events.onLevel(chosen[0]);
    });
    const fit = element('button', { type: 'button', 'aria-label': 'Fit the whole graph', title: 'Fit the whole graph' }, '⤢');
    fit.addEventListener('click', () => this.#window.fit());
    const zoom = (label: string, text: string, factor: number): HTMLElement => {
      const button = element('button', { type: 'button', 'aria-label': label, title: label }, text);
      button.addEventListener('click', () => this.#window.zoomAtCentre(factor));
      return button;
    };
    this.root.append(
      element('div', { class: 'graph-bar' }, element('label', {}, 'Nodes ', this.#level), this.#note),
      this.#svg,
      element(
        'div',
        { class: 'zoom', role: 'group', 'aria-label': 'Zoom' },
        zoom('Zoom in', '+', 1 / 1.35),
        zoom('Zoom out', '−', 1.35),
        fit,
      ),
    );
  }

  show(model: PageModel, search: string, level: Nodes, place: Place | undefined): void {
    const sameGraph = this.#model === model && this.#drawn === level;
    this.#model = model;
    this.#search = search;
    this.#level.value = level;
    if (sameGraph) {
      this.#window.goTo(place);
      this.#mark();
    } else this.#draw(model, level, place);
  }

  #draw(model: PageModel, level: Nodes, place: Place | undefined): void {
    this.#drawn = level;
    let graph = level === 'auto' ? makeGraph(model.view, MOST_EDGES) : makeGraphAt(model.view, level);
    const tooMany = graph.edges.length > MOST_DRAWN;
    if (tooMany) graph = makeGraphAt(model.view, 'namespace');
    const merged = { peer: '', class: 'Workloads that policies treat alike are one node.', namespace: 'Each node is a namespace.' }[
      graph.level
    ];
    this.#note.textContent = `${tooMany ? 'Too many lines for that. ' : ''}${merged} ${countText(graph.edges.length, 'line')}`.trim();
    const layout = layOutGraph(graph);
    this.#window.show(layout.bounds, place);
    const dots = layout.nodes[0]?.width === 0;
    const placed = new Map(layout.nodes.map((one) => [one.node.index, one]));
    const linesOf = new Map<number, Line[]>();
    const edges = svgElement('g', { class: 'edges' });
    const labels = svgElement('g', { class: 'edge-labels', 'aria-hidden': 'true' });
    for (const edge of graph.edges) {
      const from = placed.get(edge.from);
      const to = placed.get(edge.to);
      if (from === undefined || to === undefined) continue;
      const route = routeEdge(from, to, dots);
      const kind = edge.ports === 'all' && edge.connected === edge.pairs ? 'all' : 'some';
      const markers = { 'marker-end': `url(#arrow-${kind})`, ...(edge.both ? { 'marker-start': `url(#arrow-${kind})` } : {}) };
      const line = svgElement('path', { d: route.path, class: `edge ${kind}`, ...markers });
      const text = `${nameOf(graph, from.node)} ${edge.both ? '⇄' : '→'} ${nameOf(graph, to.node)}: ${edgeLabel(edge)}`;
      line.append(svgElement('title', {}, text));
      line.addEventListener('click', () => this.#openEdge(from.node, to.node, text));
      edges.append(line);
      const lines = [line as SVGElement];
      if (graph.edges.length <= MOST_LABELS) {
        const label = svgElement('text', { x: route.x, y: route.y, class: 'edge-label' }, edgeLabel(edge));
        labels.append(label);
        lines.push(label);
      }
      for (const one of lines) {
        for (const index of new Set([edge.from, edge.to])) {
          const own = linesOf.get(index) ?? [];
          own.push({
            element: one,
            outward: edge.both || index === edge.from,
            inward: edge.both || index === edge.to,
            text: one === line ? text : '',
          });
          linesOf.set(index, own);
        }
      }
    }
    const boxes = layout.boxes.map(({ namespace, x, y, width, height }) =>
      svgElement(
        'g',
        { class: 'box' },
        svgElement('rect', { x, y, width, height, rx: 10 }),
        svgElement('text', { x: x + 14, y: y + 21, class: 'box-title' }, groupTitle(namespace)),
      ),
    );
    const nodes = layout.nodes.map((one) => this.#node(graph, one, linesOf.get(one.node.index) ?? []));
    this.#svg.replaceChildren(arrows(), ...boxes, edges, ...nodes, labels);
    this.#svg.classList.toggle('dots', dots);
    this.#mark();
  }

  #node(graph: MatrixGraph, placed: PlacedNode, lines: readonly Line[]): SVGElement {
    const { node, label, x, y, width, height } = placed;
    const said = lines.filter(({ text }) => text !== '');
    const outwards = said.filter(({ outward }) => outward).length;
    const inwards = said.filter(({ inward }) => inward).length;
    const made = svgElement('g', {
      class: node.outside ? 'node outside' : 'node',
      tabindex: 0,
      role: 'button',
      // Begins with what is to be read on it.
      'aria-label': `${[...label, ...(graph.level === 'namespace' || node.outside ? [] : [`in ${groupTitle(node.namespace)}`])].join(' ')}: ${countText(outwards, 'line')} out, ${inwards} in`,
      'data-names': node.peers.map(({ id }) => id).join('\n'),
    });
    if (width === 0) drawDot(made, placed);
    else {
      made.append(svgElement('rect', { x: x - width / 2, y: y - height / 2, width, height, rx: node.outside ? height / 2 : 6 }));
      for (const [at, text] of label.entries()) {
        made.append(
          svgElement('text', { x, y: y + (at - (label.length - 1) / 2) * 15, class: at === 0 ? 'node-name' : 'node-more' }, cut(text)),
        );
      }
    }
    const light = (on: boolean): void => {
      this.#svg.classList.toggle('lit', on);
      made.classList.toggle('on', on);
      for (const { element: line, outward } of lines) {
        line.classList.toggle('on', on);
        line.classList.toggle('inward', on && !outward);
      }
    };
    made.addEventListener('pointerenter', () => light(true));
    made.addEventListener('pointerleave', () => light(false));
    made.addEventListener('focus', () => light(true));
    made.addEventListener('blur', () => light(false));
    const open = (): void =>
      this.#events.onNode(
        node,
        said.map(({ text }) => text),
      );
    made.addEventListener('click', open);
    made.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        open();
      }
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const all = [...this.#svg.querySelectorAll<SVGElement>('.node')];
      all[(all.indexOf(made) + step + all.length) % all.length]?.focus();
    });
    return made;
  }

  #openEdge(from: GraphNode, to: GraphNode, text: string): void {
    const [source, destination] = [from.peers[0], to.peers[0]];
    if (from.peers.length === 1 && to.peers.length === 1 && source !== undefined && destination !== undefined) {
      this.#events.onPair([source.id, destination.id]);
    } else {
      this.#events.onNode({ ...from, peers: [...from.peers, ...(from === to ? [] : to.peers)] }, [text]);
    }
  }

  /** What the search finds stands out. */
  #mark(): void {
    const search = this.#search;
    const peers = new Map(this.#model?.view.peers.map((peer) => [peer.id, peer]));
    let found = 0;
    for (const node of this.#svg.querySelectorAll<SVGElement>('.node')) {
      const hit =
        search !== '' &&
        (node.dataset['names'] ?? '').split('\n').some((id) => {
          const peer = peers.get(id);
          return peer !== undefined && isNamed(peer, search);
        });
      node.classList.toggle('found', hit);
      if (hit) found += 1;
    }
    if (search !== '') this.#events.onLive(`${countText(found, 'node')} found`);
  }
}
