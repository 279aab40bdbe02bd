/** The page's script: reads the report that the page holds, and keeps what is seen, the filters and the address in step. */

import { PosternError } from '../../../model/error.ts';
import type { MatrixPeer } from '../../matrix/matrix-report.ts';
import { unpackReport, type PackedReport } from '../packed-report.ts';
import { element, find, type Child } from './element.ts';
import { FilterBar } from './filter-bar.ts';
import { GraphStage } from './graph-stage.ts';
import { ListStage } from './list-stage.ts';
import { MatrixStage } from './matrix-stage.ts';
import { makeModel, type PageModel } from './page-model.ts';
import { cellPanel, emptyText, nodePanel, overviewPanel, shownText } from './panel.ts';
import { printSheet } from './print-sheet.ts';
import { FIRST_STATE, nextTheme, readHash, writeHash, type Filters, type Place, type ViewName, type ViewState } from './view-state.ts';

const VIEWS: readonly ViewName[] = ['matrix', 'graph', 'list'];
const LEGEND = [
  ['all', 'all ports'],
  ['some', 'some ports'],
  ['none', 'denied'],
] as const;
/** Browsers count how often an address is changed, and a hand moves many times a second. */
const ADDRESS_DELAY_MS = 150;
const THEMES = { auto: ['◐', ' Auto'], light: ['☀', ' Light'], dark: ['☾', ' Dark'] } as const;

const report = unpackReport(JSON.parse(find('report', HTMLScriptElement).textContent) as PackedReport);
/** As the page opens where its address says nothing. */
const first: ViewState = { ...FIRST_STATE, ...(JSON.parse(find('first', HTMLScriptElement).textContent) as Partial<Filters>) };
const peers = new Map(report.peers.map((peer) => [peer.id, peer]));
const stage = find('stage', HTMLElement);
const panel = find('panel', HTMLElement);
const where = find('where', HTMLElement);
const live = find('live', HTMLElement);
const sheet = find('print', HTMLElement);
const themeButton = find('theme', HTMLButtonElement);

let state: ViewState = readHash(location.hash, first);
let model: PageModel | undefined;
let filtersOfModel = '';
let problem = '';
let addressTimer: number | undefined;
/** What the panel shows of the graph, which the address does not keep. */
let shownNode: readonly Child[] | undefined;

const matrixStage = new MatrixStage({
  onCursor: (cell, open) => change({ cell, open: open || state.open }, open),
  onPlace: (place) => keepPlace({ matrixAt: place }),
  onWhere: (text) => (where.textContent = text),
  onLive: (text) => (live.textContent = text),
});
const listStage = new ListStage((cell) => change({ cell, open: true }, true));
const graphStage = new GraphStage({
  onPair: (cell) => change({ cell, open: true }, true),
  onNode: (node, lines) => {
    shownNode = nodePanel(node.namespace, node.peers, lines, closePanel);
    state = { ...state, open: false };
    showPanel();
    panel.focus();
  },
  onLevel: (nodes) => change({ nodes, graphAt: undefined }),
  onPlace: (place) => keepPlace({ graphAt: place }),
  onLive: (text) => (live.textContent = text),
});
const filterBar = new FilterBar(report, {
  onChange: (part) => change(part),
  onFind: (backwards) => {
    if (state.view === 'matrix' && !matrixStage.findNext(state.search, backwards)) live.textContent = 'Nothing found';
  },
});

function change(part: Partial<ViewState>, focusPanel = false): void {
  const before = state;
  state = { ...state, ...part };
  // Other pairs make another graph, in which the place of the last one means nothing.
  if (filterText(state) !== filterText(before)) state = { ...state, graphAt: undefined };
  shownNode = undefined;
  keepAddress();
  show(before);
  if (focusPanel) panel.focus();
}

/** The stages show it already. */
function keepPlace(part: { readonly matrixAt: Place | undefined } | { readonly graphAt: Place | undefined }): void {
  state = { ...state, ...part };
  addressTimer ??= window.setTimeout(keepAddress, ADDRESS_DELAY_MS);
}

function keepAddress(): void {
  window.clearTimeout(addressTimer);
  addressTimer = undefined;
  const hash = writeHash(state, first);
  try {
    history.replaceState(null, '', hash === '' ? location.pathname + location.search : `#${hash}`);
  } catch {
    // Pages within others may not touch the address: nothing depends on it.
  }
}

/** `before`: what is the same is not drawn again. */
function show(before?: ViewState): void {
  applyTheme(before);
  const filters = filterText(state);
  const stale = model === undefined || filters !== filtersOfModel;
  if (stale) updateModel(filters);
  filterBar.show(state, problem);
  for (const name of VIEWS) {
    const tab = find(`tab-${name}`, HTMLButtonElement);
    tab.setAttribute('aria-selected', String(name === state.view));
    tab.tabIndex = name === state.view ? 0 : -1;
  }
  stage.setAttribute('aria-labelledby', `tab-${state.view}`);
  if (stale || before?.view !== state.view || before.search !== state.search || before.nodes !== state.nodes) showStage();
  showPanel();
}

function filterText({ namespaces, from, to, ports, side, show: shown }: ViewState): string {
  return JSON.stringify([namespaces, from, to, ports, side, shown]);
}

function updateModel(filters: string): void {
  try {
    model = makeModel(report, state);
    problem = '';
    live.textContent = shownText(model);
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    problem = `${error.message}: ${error.mend ?? ''}`;
    // Without a question about ports, all others are still answered.
    model ??= makeModel(report, { ...state, ports: '' });
  }
  filtersOfModel = filters;
}

function showStage(): void {
  if (model === undefined) return;
  const empty = emptyText(model);
  if (empty !== undefined) {
    stage.replaceChildren(element('p', { class: 'empty' }, empty));
    where.textContent = '';
    return;
  }
  const root = { matrix: matrixStage, graph: graphStage, list: listStage }[state.view].root;
  if (root.parentNode !== stage) stage.replaceChildren(root);
  switch (state.view) {
    case 'matrix':
      matrixStage.show(model, state.search, state.cell, state.matrixAt);
      break;
    case 'graph':
      where.textContent = '';
      graphStage.show(model, state.search, state.nodes, state.graphAt);
      break;
    case 'list':
      where.textContent = '';
      listStage.show(model, state.search, state.show === 'denied');
      break;
  }
}

function showPanel(): void {
  const pair = openPair();
  panel.classList.toggle('open', pair !== undefined || shownNode !== undefined);
  if (shownNode !== undefined) panel.replaceChildren(...shownNode.filter((child) => child !== undefined));
  else if (pair !== undefined && model !== undefined) {
    const [source, destination] = pair;
    const children = cellPanel(model, source, destination, {
      onClose: closePanel,
      onSwap: () => swap(source, destination),
    });
    panel.replaceChildren(...children.filter((child) => child !== undefined));
  } else panel.replaceChildren(...overviewPanel(report, model).filter((child) => child !== undefined));
  // On a small screen the panel lies over the stage.
  const over = getComputedStyle(panel).position === 'fixed' && getComputedStyle(panel).display !== 'none';
  matrixStage.cover(over ? Math.max(0, stage.getBoundingClientRect().bottom - panel.getBoundingClientRect().top) : 0);
}

function swap(source: MatrixPeer, destination: MatrixPeer): void {
  change({ cell: [destination.id, source.id], open: true }, true);
  if (model !== undefined && state.view === 'matrix' && emptyText(model) === undefined) showStage();
}

function openPair(): readonly [MatrixPeer, MatrixPeer] | undefined {
  const [source, destination] = [peers.get(state.cell?.[0] ?? ''), peers.get(state.cell?.[1] ?? '')];
  return !state.open || source === undefined || destination === undefined ? undefined : [source, destination];
}

function closePanel(): void {
  change({ open: false });
  panel.classList.remove('asked');
  find('toggle-panel', HTMLButtonElement).setAttribute('aria-expanded', 'false');
  if (state.view === 'matrix') matrixStage.focus();
  else stage.focus();
}

function applyTheme(before: ViewState | undefined): void {
  if (before?.theme === state.theme) return;
  if (state.theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = state.theme;
  const [sign, word] = THEMES[state.theme];
  themeButton.replaceChildren(
    element('span', { class: 'hidden' }, 'Theme:'),
    element('span', { 'aria-hidden': 'true' }, sign),
    element('span', { class: 'word' }, word),
  );
  themeButton.title = 'Theme: as the system, light, dark';
  matrixStage.recolour();
}

function listen(): void {
  themeButton.addEventListener('click', () => change({ theme: nextTheme(state.theme) }));
  const tabs = find('views', HTMLElement);
  tabs.addEventListener('click', ({ target }) => {
    const view = VIEWS.find((name) => target instanceof HTMLElement && target.dataset['view'] === name);
    if (view !== undefined) change({ view });
  });
  tabs.addEventListener('keydown', ({ key }) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
    if (step === undefined) return;
    const view = VIEWS[(VIEWS.indexOf(state.view) + step + VIEWS.length) % VIEWS.length] ?? 'matrix';
    change({ view });
    find(`tab-${view}`, HTMLButtonElement).focus();
  });
  for (const [name, target] of [
    ['toggle-filters', find('filters', HTMLElement)],
    ['toggle-panel', panel],
  ] as const) {
    const button = find(name, HTMLButtonElement);
    button.addEventListener('click', () => {
      const open = target.classList.toggle('asked');
      button.setAttribute('aria-expanded', String(open));
    });
  }
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      find('filters', HTMLElement).classList.add('asked');
      filterBar.focusSearch();
    } else if (event.key === 'Escape') {
      if (panel.classList.contains('open') || panel.classList.contains('asked')) closePanel();
      else if (typing && state.view === 'matrix') matrixStage.focus();
    }
  });
  window.addEventListener('hashchange', () => {
    const before = state;
    state = readHash(location.hash, first);
    shownNode = undefined;
    show({ ...before, search: `${state.search} ` });
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => matrixStage.recolour());
  window.addEventListener('beforeprint', () => {
    if (model !== undefined) sheet.replaceChildren(...printSheet(model));
  });
  window.addEventListener('afterprint', () => sheet.replaceChildren());
}

find('input', HTMLElement).textContent = report.input;
find('legend', HTMLElement).append(
  ...LEGEND.map(([kind, text]) => element('li', {}, element('span', { class: `mark ${kind}`, 'aria-hidden': 'true' }), text)),
);
listen();
show();
performance.mark('painted');
