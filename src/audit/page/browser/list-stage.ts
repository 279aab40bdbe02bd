/** The matrix as a table of pairs: for small screens, for readers of the screen, for copying. */

import { isEmptyPorts } from '../../../policy/ports.ts';
import { fullName, listPairs, type Pair } from '../../matrix/matrix-view.ts';
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
    const pairs = [...listPairs(model.view)].filter(
      ({ source, destination, ports }) =>
        (showDenied || !isEmptyPorts(ports)) && (search === '' || isNamed(source, search) || isNamed(destination, search)),
    );
    const body = element('tbody');
    const table = element(
      'table',
      {},
      element('caption', {}, countText(pairs.length, showDenied ? 'pair' : 'allowed pair')),
      element('thead', {}, element('tr', {}, ...['From', 'To', 'Ports', 'Rules'].map((head) => element('th', { scope: 'col' }, head)))),
      body,
    );
    const more = element('button', { type: 'button', class: 'quiet more' });
    let made = 0;
    const add = (): void => {
      body.append(...pairs.slice(made, made + PIECE).map((pair) => this.#row(pair)));
      made = Math.min(made + PIECE, pairs.length);
      more.hidden = made === pairs.length;
      more.textContent = `Show more: ${(pairs.length - made).toLocaleString('en')} to come`;
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
