/** The matrix on the stage: its canvas, the hand and the keys that move in it, and what readers of the screen are told. */

import { element } from './element.ts';
import { MatrixHand } from './matrix-hand.ts';
import { MatrixPainter } from './matrix-painter.ts';
import { measureMargins } from './name-painter.ts';
import { isNamed, type PageModel } from './page-model.ts';
import { readPalette, type Palette } from './palette.ts';
import type { Margins, Spot } from './scene.ts';
import { cellText } from './words.ts';
import { isSamePlace, type Place } from './view-state.ts';
import { Viewport } from './viewport.ts';

export interface StageEvents {
  /** The cursor has moved; `open`: its rules are wanted, too. */
  readonly onCursor: (cell: readonly [string, string], open: boolean) => void;
  /** It was zoomed or moved; undefined: all of it is in sight. */
  readonly onPlace: (place: Place | undefined) => void;
  readonly onWhere: (text: string) => void;
  readonly onLive: (text: string) => void;
}

const ZOOM_STEP = 1.35;

export class MatrixStage {
  readonly root: HTMLElement;
  readonly #canvas = element('canvas', { 'aria-hidden': 'true' });
  readonly #tip = element('div', { class: 'tip', 'aria-hidden': 'true', hidden: '' });
  readonly #cell = element('span', { role: 'gridcell', id: 'cursor-cell' });
  readonly #row = element('div', { role: 'row', class: 'hidden' }, this.#cell);
  readonly #grid = element(
    'div',
    {
      class: 'grid',
      role: 'grid',
      tabindex: '0',
      'aria-label': 'Matrix: sources in rows, destinations in columns. Arrow keys move, Enter shows the rules.',
      'aria-activedescendant': 'cursor-cell',
    },
    this.#canvas,
    this.#row,
  );
  readonly #painter = new MatrixPainter(this.#canvas);
  readonly #viewport = new Viewport();
  readonly #events: StageEvents;
  #model: PageModel | undefined;
  #palette: Palette = readPalette();
  #margins: Margins = { left: 0, top: 0 };
  #cursor: Spot | undefined;
  #hover: Spot | undefined;
  /** As the page knows it. */
  #place: Place | undefined;
  #search = '';
  #waiting = false;

  constructor(events: StageEvents) {
    this.#events = events;
    const button = (label: string, text: string, act: () => void): HTMLElement => {
      const made = element('button', { type: 'button', 'aria-label': label, title: label }, text);
      made.addEventListener('click', act);
      return made;
    };
    this.root = element(
      'div',
      { class: 'matrix' },
      this.#grid,
      this.#tip,
      element(
        'div',
        { class: 'zoom', role: 'group', 'aria-label': 'Zoom' },
        button('Zoom in', '+', () => this.#zoom(ZOOM_STEP)),
        button('Zoom out', '−', () => this.#zoom(1 / ZOOM_STEP)),
        button('Fit the whole matrix', '⤢', () => this.#fit()),
      ),
    );
    new ResizeObserver(() => this.#resize()).observe(this.#grid);
    this.#listen();
  }

  show(model: PageModel, search: string, cell: readonly [string, string] | undefined, place: Place | undefined): void {
    this.#model = model;
    this.#search = search;
    const row = model.rows.positions.get(cell?.[0] ?? '');
    const column = model.columns.positions.get(cell?.[1] ?? '');
    this.#cursor = row === undefined || column === undefined ? undefined : { row, column };
    this.#hover = undefined;
    this.#tip.hidden = true;
    this.#grid.setAttribute('aria-rowcount', String(model.rows.peers.length));
    this.#grid.setAttribute('aria-colcount', String(model.columns.peers.length));
    this.#resize();
    if (!isSamePlace(place, this.#place)) {
      // Wherever the cursor is: a link shows what was seen.
      this.#viewport.goTo(place);
      this.#place = place;
      this.#paint();
    } else if (this.#cursor !== undefined) this.#reveal(this.#cursor);
    this.#describeCursor();
  }

  focus(): void {
    this.#grid.focus();
  }

  /** So much of the stage's foot lies under the panel, in CSS pixels: the cursor is moved above it. */
  cover(height: number): void {
    this.#viewport.cover(height);
    if (height > 0 && this.#cursor !== undefined) this.#reveal(this.#cursor);
    this.#schedule();
  }

  /** After the theme has changed. */
  recolour(): void {
    this.#palette = readPalette();
    this.#schedule();
  }

  /** The next source, or destination, whose name holds the text. */
  findNext(search: string, backwards: boolean): boolean {
    const model = this.#model;
    if (model === undefined || search === '') return false;
    const { row, column } = this.#cursor ?? { row: -1, column: 0 };
    const { peers } = model.rows;
    for (let step = 1; step <= peers.length; step += 1) {
      const at = (((row + (backwards ? -step : step)) % peers.length) + peers.length) % peers.length;
      const peer = peers[at];
      if (peer === undefined || !isNamed(peer, search)) continue;
      this.#moveTo(at, column, false);
      return true;
    }
    const at = model.columns.peers.findIndex((peer, index) => index > column && isNamed(peer, search));
    if (at < 0) return false;
    this.#moveTo(Math.max(row, 0), at, false);
    return true;
  }

  #resize(): void {
    const { clientWidth, clientHeight } = this.#grid;
    if (this.#model === undefined || clientWidth === 0) return;
    this.#margins = measureMargins(this.#model, clientWidth, clientHeight);
    this.#painter.resize(clientWidth, clientHeight);
    this.#viewport.resize(
      { width: clientWidth - this.#margins.left, height: clientHeight - this.#margins.top },
      this.#model.rows.peers.length,
      this.#model.columns.peers.length,
    );
    this.#paint();
  }

  #schedule(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#paint();
    });
  }

  #paint(): void {
    if (this.#model === undefined || !this.root.isConnected) return;
    this.#painter.paint({
      model: this.#model,
      viewport: this.#viewport,
      margins: this.#margins,
      palette: this.#palette,
      cursor: this.#cursor,
      hover: this.#hover,
      focused: document.activeElement === this.#grid,
      search: this.#search,
    });
  }

  #zoom(factor: number): void {
    this.#viewport.zoomAtCentre(factor);
    this.#moved();
  }

  #fit(): void {
    this.#viewport.fit();
    this.#moved();
  }

  #reveal({ row, column }: Spot): void {
    this.#viewport.reveal(row, column);
    this.#moved();
  }

  #moved(): void {
    this.#schedule();
    const { place } = this.#viewport;
    if (isSamePlace(place, this.#place)) return;
    this.#place = place;
    this.#events.onPlace(place);
  }

  #listen(): void {
    const grid = this.#grid;
    MatrixHand.follow(grid, this.#viewport, {
      margins: () => this.#margins,
      onMove: () => this.#moved(),
      onHover: (spot, event) => this.#hoverAt(spot, event),
      onPick: (spot, on) => this.#pick(spot, on),
    });
    grid.addEventListener('keydown', (event) => this.#key(event));
    grid.addEventListener('focus', () => {
      if (this.#cursor === undefined) this.#moveTo(0, 0, false);
      this.#schedule();
    });
    grid.addEventListener('blur', () => this.#schedule());
  }

  /** A name moves the cursor along its row or column, and opens nothing. */
  #pick({ row, column }: Spot, on: 'cell' | 'row' | 'column'): void {
    this.#moveTo(on === 'column' ? (this.#cursor?.row ?? 0) : row, on === 'row' ? (this.#cursor?.column ?? 0) : column, on === 'cell');
  }

  #hoverAt(spot: Spot | undefined, event?: PointerEvent): void {
    if (spot?.row !== this.#hover?.row || spot?.column !== this.#hover?.column) {
      this.#hover = spot;
      this.#schedule();
    }
    const text = this.#textAt(spot);
    this.#tip.hidden = text === undefined || event?.pointerType !== 'mouse';
    this.#events.onWhere(text ?? this.#textAt(this.#cursor) ?? '');
    if (text === undefined || event === undefined) return;
    this.#tip.textContent = text;
    const box = this.#grid.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const leftwards = x > box.width * 0.6;
    this.#tip.style.transform = `translate(${x + (leftwards ? -14 : 16)}px, ${y + (y > box.height - 70 ? -44 : 18)}px)${leftwards ? ' translateX(-100%)' : ''}`;
  }

  #textAt(spot: Spot | undefined): string | undefined {
    const model = this.#model;
    const source = model?.rows.peers[spot?.row ?? -1];
    const destination = model?.columns.peers[spot?.column ?? -1];
    return model === undefined || source === undefined || destination === undefined ? undefined : cellText(model, source, destination);
  }

  #key(event: KeyboardEvent): void {
    const model = this.#model;
    if (model === undefined || event.altKey || event.metaKey) return;
    const rows = model.rows.peers.length;
    const columns = model.columns.peers.length;
    const { row, column } = this.#cursor ?? { row: 0, column: 0 };
    const stride = event.shiftKey ? 10 : 1;
    const move = (toRow: number, toColumn: number): void =>
      this.#moveTo(Math.max(0, Math.min(rows - 1, toRow)), Math.max(0, Math.min(columns - 1, toColumn)), false);
    const acts: Readonly<Record<string, () => void>> = {
      ArrowUp: () => move(row - stride, column),
      ArrowDown: () => move(row + stride, column),
      ArrowLeft: () => move(row, column - stride),
      ArrowRight: () => move(row, column + stride),
      Home: () => move(event.ctrlKey ? 0 : row, 0),
      End: () => move(event.ctrlKey ? rows - 1 : row, columns - 1),
      PageUp: () => move(jump(model.rows.groups, row, -1), column),
      PageDown: () => move(jump(model.rows.groups, row, 1), column),
      Enter: () => this.#moveTo(row, column, true),
      ' ': () => this.#moveTo(row, column, true),
      '+': () => this.#zoom(ZOOM_STEP),
      '=': () => this.#zoom(ZOOM_STEP),
      '-': () => this.#zoom(1 / ZOOM_STEP),
      '0': () => this.#fit(),
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  #moveTo(row: number, column: number, open: boolean): void {
    const source = this.#model?.rows.peers[row];
    const destination = this.#model?.columns.peers[column];
    if (source === undefined || destination === undefined) return;
    this.#cursor = { row, column };
    this.#reveal(this.#cursor);
    this.#describeCursor();
    this.#events.onLive(this.#textAt(this.#cursor) ?? '');
    this.#events.onCursor([source.id, destination.id], open);
  }

  #describeCursor(): void {
    const text = this.#textAt(this.#cursor) ?? 'No cell';
    this.#cell.textContent = text;
    this.#row.setAttribute('aria-rowindex', String((this.#cursor?.row ?? 0) + 1));
    this.#cell.setAttribute('aria-colindex', String((this.#cursor?.column ?? 0) + 1));
    this.#events.onWhere(this.#cursor === undefined ? '' : text);
  }
}

/** The first row of the next or the previous namespace. */
function jump(groups: PageModel['rows']['groups'], at: number, by: 1 | -1): number {
  const here = groups.findIndex(({ start, size }) => at >= start && at < start + size);
  const target = groups[here + by];
  return target?.start ?? (by === 1 ? at : 0);
}
