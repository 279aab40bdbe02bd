/** What the page shows, as values: it is kept in the address, so that a link shows the same. */

import type { GraphLevel } from '../../matrix/matrix-graph.ts';

export type ViewName = 'matrix' | 'graph' | 'list';
export type Side = 'both' | 'egress' | 'ingress';
export type Show = 'all' | 'allowed' | 'denied';
export type Theme = 'auto' | 'light' | 'dark';
/** What the graph merges; `auto`: as much as it must. */
export type Nodes = 'auto' | GraphLevel;

/**
 * Where a zoomed and moved view lies: of the matrix the column and the row in its corner and the side of a cell in CSS pixels; of the graph its left, its top
 * and its width in the graph's own measure.
 */
export type Place = readonly [number, number, number];

export interface ViewState {
  readonly view: ViewName;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  /** Parts of names of sources and of destinations. */
  readonly from: string;
  readonly to: string;
  /** As typed; see `parsePortQuery`. */
  readonly ports: string;
  readonly side: Side;
  readonly show: Show;
  readonly search: string;
  readonly theme: Theme;
  /** Ids of a source and a destination. */
  readonly cell: readonly [string, string] | undefined;
  /** The cell's rules are shown. */
  readonly open: boolean;
  readonly nodes: Nodes;
  /** Undefined: all of it is in sight. */
  readonly matrixAt: Place | undefined;
  readonly graphAt: Place | undefined;
}

/** What decides on which pairs are shown. */
export type Filters = Pick<ViewState, 'namespaces' | 'from' | 'to' | 'ports' | 'side' | 'show'>;

export const NO_FILTERS: Filters = { namespaces: [], from: '', to: '', ports: '', side: 'both', show: 'all' };

export const FIRST_STATE: ViewState = {
  ...NO_FILTERS,
  view: 'matrix',
  search: '',
  theme: 'auto',
  cell: undefined,
  open: false,
  nodes: 'auto',
  matrixAt: undefined,
  graphAt: undefined,
};

const VIEWS: readonly ViewName[] = ['matrix', 'graph', 'list'];
const SIDES: readonly Side[] = ['both', 'egress', 'ingress'];
const SHOWS: readonly Show[] = ['all', 'allowed', 'denied'];
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];
const NODES: readonly Nodes[] = ['auto', 'peer', 'class', 'namespace'];

/** Without the `#`. What is as in `first`, with which the page opens, is not said. */
export function writeHash(state: ViewState, first: ViewState = FIRST_STATE): string {
  const words = new URLSearchParams();
  for (const name of ['view', 'from', 'to', 'ports', 'side', 'show', 'search', 'theme', 'nodes'] as const) {
    if (state[name] !== first[name]) words.set(name, state[name]);
  }
  if (state.namespaces.length === 0) {
    if (first.namespaces.length > 0) words.set('namespaces', 'all');
  } else if (JSON.stringify(state.namespaces) !== JSON.stringify(first.namespaces)) {
    for (const namespace of state.namespaces) words.append('namespace', namespace);
  }
  if (state.cell !== undefined) {
    words.set('source', state.cell[0]);
    words.set('destination', state.cell[1]);
    if (state.open) words.set('open', '1');
  }
  if (state.matrixAt !== undefined) words.set('matrix', state.matrixAt.join(' '));
  if (state.graphAt !== undefined) words.set('graph', state.graphAt.join(' '));
  return words.toString();
}

/** What cannot be read is as in `first`: addresses are typed, and cut short. */
export function readHash(hash: string, first: ViewState = FIRST_STATE): ViewState {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const one = <Word extends string>(name: string, known: readonly Word[], otherwise: Word): Word =>
    known.find((word) => word === words.get(name)) ?? otherwise;
  const source = words.get('source');
  const destination = words.get('destination');
  const cell = source === null || destination === null ? undefined : ([source, destination] as const);
  const namespaces = words.getAll('namespace');
  return {
    view: one('view', VIEWS, first.view),
    namespaces: namespaces.length > 0 || words.get('namespaces') === 'all' ? namespaces : first.namespaces,
    from: words.get('from') ?? first.from,
    to: words.get('to') ?? first.to,
    ports: words.get('ports') ?? first.ports,
    side: one('side', SIDES, first.side),
    show: one('show', SHOWS, first.show),
    search: words.get('search') ?? first.search,
    theme: one('theme', THEMES, first.theme),
    cell,
    open: cell !== undefined && words.get('open') === '1',
    nodes: one('nodes', NODES, first.nodes),
    matrixAt: readPlace(words.get('matrix')),
    graphAt: readPlace(words.get('graph')),
  };
}

function readPlace(text: string | null): Place | undefined {
  const [x, y, size, more] = (text ?? '').split(' ').map((word) => (word === '' ? Number.NaN : Number(word)));
  if (x === undefined || y === undefined || size === undefined || more !== undefined) return undefined;
  return [x, y, size].every(Number.isFinite) && size > 0 ? [x, y, size] : undefined;
}

/** So fine that nobody sees the difference, and short in an address. */
export function roundPlace(place: Place): Place {
  const [x, y, size] = place.map((one) => Math.round(one * 1000) / 1000);
  return [x ?? 0, y ?? 0, size ?? 1];
}

export function isSamePlace(a: Place | undefined, b: Place | undefined): boolean {
  return a?.join(' ') === b?.join(' ');
}

/** The theme after this one: what the system says comes first. */
export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
}
