/** The matrix as a table of pairs: for small screens, for readers of the screen, for copying. */

import { isEmptyPorts } from '../../../policy/ports.ts';
import type { MatrixPeer } from '../../matrix/matrix-report.ts';
import { fullName, type Pair } from '../../matrix/matrix-view.ts';
import { element } from './element.ts';
import { isNamed, type PageModel } from './page-model.ts';
import { countText, verdictText } from './words.ts';

/** Rows that are made at a time: a browser takes long over many. */
const PIECE = 300;

export class ListStage {
  readonly root = element('div', { class: 'list' });
  readonly #onOpen: (cell: readonly [string, string]) => void;

  constructor(onOpen: (cell: readonly [string, string]) => void) {
    this.#onOpen = onOpen;
  }

  /** Denied pairs are listed only where they are asked for: they are what is not there. */
  show(model: PageModel, search: string, showDenied: boolean): void {
    const pairs = pairsOf(model, search, showDenied);
    const body = element('tbody');
    const caption = element('caption', {});
    const table = element(
      'table',
      {},
      caption,
      element('thead', {}, element('tr', {}, ...['From', 'To', 'Ports', 'Rules'].map((head) => element('th', { scope: 'col' }, head)))),
      body,
    );
    const more = element('button', { type: 'button', class: 'quiet more' }, 'Show more');
    const word = showDenied ? 'denied pair' : 'allowed pair';
    let made = 0;
    let next = takeOne(pairs);
    const add = (): void => {
      for (let count = 0; count < PIECE && next !== undefined; count += 1) {
        body.append(this.#row(next));
        made += 1;
        next = takeOne(pairs);
      }
      more.hidden = next === undefined;
      const total = showDenied ? model.counts.denied : model.counts.allowed;
      caption.textContent = more.hidden
        ? countText(made, word)
        : `The first ${countText(made, word)} of ${search === '' ? total.toLocaleString('en') : 'more'}`;
    };
    more.addEventListener('click', add);
    add();
    this.root.replaceChildren(table, more);
  }

  #row({ source, destination, ports, extent }: Pair): HTMLElement {
    const why = element(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Why: ${fullName(source)} to ${fullName(destination)}` },
      'Why',
    );
    why.addEventListener('click', () => this.#onOpen([source.id, destination.id]));
    return element(
      'tr',
      {},
      element('td', {}, fullName(source)),
      element('td', {}, fullName(destination)),
      element('td', { class: 'ports' }, element('span', { class: `mark ${extent}`, 'aria-hidden': 'true' }), verdictText(ports)),
      element('td', {}, why),
    );
  }
}

/** As they are needed: all of them may be more than there is memory for. */
function* pairsOf({ view, rows, columns }: PageModel, search: string, denied: boolean): Generator<Pair> {
  const isFound = (peer: MatrixPeer): boolean => search === '' || isNamed(peer, search);
  const found = columns.peers.filter(isFound);
  for (const source of rows.peers) {
    for (const destination of isFound(source) ? columns.peers : found) {
      const pair = view.look(source, destination);
      if (pair !== undefined && isEmptyPorts(pair.ports) === denied) yield pair;
    }
  }
}

function takeOne(pairs: Generator<Pair>): Pair | undefined {
  const { value, done } = pairs.next() as IteratorResult<Pair, undefined>;
  return done === true ? undefined : value;
}
