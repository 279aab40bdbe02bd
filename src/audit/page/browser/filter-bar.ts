/** The bar of filters: it shows a state, and says what of it the user changes. */

import type { MatrixReport } from '../../matrix/matrix-report.ts';
import { plainText } from '../../matrix/matrix-view.ts';
import { element, find } from './element.ts';
import { NO_FILTERS, type Show, type Side, type ViewState } from './view-state.ts';

export interface FilterEvents {
  readonly onChange: (change: Partial<ViewState>) => void;
  /** Enter in the search field. */
  readonly onFind: (backwards: boolean) => void;
}

export class FilterBar {
  readonly #search = find('search', HTMLInputElement);
  readonly #from = find('from', HTMLInputElement);
  readonly #to = find('to', HTMLInputElement);
  readonly #ports = find('ports', HTMLInputElement);
  readonly #side = find('side', HTMLSelectElement);
  readonly #show = find('show', HTMLSelectElement);
  readonly #menu = find('namespaces', HTMLDetailsElement);
  readonly #chosen = find('namespaces-value', HTMLElement);
  readonly #error = find('ports-error', HTMLElement);
  readonly #boxes: readonly HTMLInputElement[];

  constructor(report: MatrixReport, { onChange, onFind }: FilterEvents) {
    const namespaces = [...new Set(report.peers.filter(({ kind }) => kind !== 'outside').map(({ namespace }) => namespace))].toSorted();
    this.#boxes = namespaces.map((value) => {
      const box = element('input', { type: 'checkbox' });
      box.value = value;
      return box;
    });
    const choices = this.#menu.querySelector('.choices');
    choices?.append(...this.#boxes.map((box) => element('label', {}, box, plainText(box.value))));
    choices?.addEventListener('change', () => onChange({ namespaces: this.#boxes.filter((box) => box.checked).map(({ value }) => value) }));
    const typed = (input: HTMLInputElement, name: 'search' | 'from' | 'to' | 'ports'): void =>
      input.addEventListener('input', () => onChange({ [name]: input.value }));
    typed(this.#search, 'search');
    typed(this.#from, 'from');
    typed(this.#to, 'to');
    typed(this.#ports, 'ports');
    this.#side.addEventListener('change', () => onChange({ side: this.#side.value as Side }));
    this.#show.addEventListener('change', () => onChange({ show: this.#show.value as Show }));
    find('reset', HTMLButtonElement).addEventListener('click', () => onChange({ ...NO_FILTERS, search: '' }));
    const form = find('filters', HTMLFormElement);
    form.addEventListener('submit', (event) => event.preventDefault());
    this.#search.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter') return;
      event.preventDefault();
      onFind(event.shiftKey);
    });
    document.addEventListener('pointerdown', ({ target }) => {
      if (target instanceof Node && !this.#menu.contains(target)) this.#menu.open = false;
    });
    this.#menu.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.#menu.open) return;
      event.stopPropagation();
      this.#menu.open = false;
      this.#menu.querySelector('summary')?.focus();
    });
  }

  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  /** `error`: why the ports cannot be read; empty: they can. */
  show(state: ViewState, error: string): void {
    for (const [input, value] of [
      [this.#search, state.search],
      [this.#from, state.from],
      [this.#to, state.to],
      [this.#ports, state.ports],
      [this.#side, state.side],
      [this.#show, state.show],
    ] as const) {
      if (input.value !== value) input.value = value;
      input.classList.toggle('set', value !== '' && value !== 'both' && value !== 'all');
    }
    for (const box of this.#boxes) box.checked = state.namespaces.includes(box.value);
    const [only] = state.namespaces;
    this.#chosen.textContent =
      only === undefined ? 'all' : state.namespaces.length === 1 ? plainText(only) : `${state.namespaces.length} of ${this.#boxes.length}`;
    this.#menu.classList.toggle('set', only !== undefined);
    this.#error.textContent = error;
    this.#ports.setAttribute('aria-invalid', String(error !== ''));
  }
}
