/** What the page shows, as values: it is kept in the address, so that a link shows the same. */

export type ViewName = 'matrix' | 'graph' | 'list';
export type Side = 'both' | 'egress' | 'ingress';
export type Show = 'all' | 'allowed' | 'denied';
export type Theme = 'auto' | 'light' | 'dark';

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
}

export const FIRST_STATE: ViewState = {
  view: 'matrix',
  namespaces: [],
  from: '',
  to: '',
  ports: '',
  side: 'both',
  show: 'all',
  search: '',
  theme: 'auto',
  cell: undefined,
  open: false,
};

const VIEWS: readonly ViewName[] = ['matrix', 'graph', 'list'];
const SIDES: readonly Side[] = ['both', 'egress', 'ingress'];
const SHOWS: readonly Show[] = ['all', 'allowed', 'denied'];
const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

/** Without the `#`. What is as at first is not said. */
export function writeHash(state: ViewState): string {
  const words = new URLSearchParams();
  for (const name of ['view', 'from', 'to', 'ports', 'side', 'show', 'search', 'theme'] as const) {
    if (state[name] !== FIRST_STATE[name]) words.set(name, state[name]);
  }
  for (const namespace of state.namespaces) words.append('namespace', namespace);
  if (state.cell !== undefined) {
    words.set('source', state.cell[0]);
    words.set('destination', state.cell[1]);
    if (state.open) words.set('open', '1');
  }
  return words.toString();
}

/** What cannot be read is as at first: addresses are typed, and cut short. */
export function readHash(hash: string): ViewState {
  const words = new URLSearchParams(hash.replace(/^#/, ''));
  const one = <Word extends string>(name: string, known: readonly Word[], first: Word): Word =>
    known.find((word) => word === words.get(name)) ?? first;
  const source = words.get('source');
  const destination = words.get('destination');
  const cell = source === null || destination === null ? undefined : ([source, destination] as const);
  return {
    view: one('view', VIEWS, FIRST_STATE.view),
    namespaces: words.getAll('namespace'),
    from: words.get('from') ?? '',
    to: words.get('to') ?? '',
    ports: words.get('ports') ?? '',
    side: one('side', SIDES, FIRST_STATE.side),
    show: one('show', SHOWS, FIRST_STATE.show),
    search: words.get('search') ?? '',
    theme: one('theme', THEMES, FIRST_STATE.theme),
    cell,
    open: cell !== undefined && words.get('open') === '1',
  };
}

/** The theme after this one: what the system says comes first. */
export function nextTheme(theme: Theme): Theme {
  return THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'auto';
}
