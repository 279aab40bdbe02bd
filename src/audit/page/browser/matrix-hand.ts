/** The hand on the matrix: it drags, turns the wheel, pinches, points and clicks. */

import type { Margins, Spot } from './scene.ts';
import type { Viewport } from './viewport.ts';

export interface HandEvents {
  readonly margins: () => Margins;
  /** The viewport has moved. */
  readonly onMove: () => void;
  /** The cell that a pointer without pressed buttons is over; without an event it has left. */
  readonly onHover: (spot: Spot | undefined, event?: PointerEvent) => void;
  /** A click: on a cell, or on the name of a row or a column. */
  readonly onPick: (spot: Spot, on: 'cell' | 'row' | 'column') => void;
}

/** Below this a press is a click. CSS pixels. */
const SLOP = 4;

export class MatrixHand {
  readonly #grid: HTMLElement;
  readonly #viewport: Viewport;
  readonly #events: HandEvents;
  readonly #pointers = new Map<number, { x: number; y: number }>();
  #dragged = 0;

  private constructor(grid: HTMLElement, viewport: Viewport, events: HandEvents) {
    this.#grid = grid;
    this.#viewport = viewport;
    this.#events = events;
  }

  /** For as long as the element is there. */
  static follow(grid: HTMLElement, viewport: Viewport, events: HandEvents): void {
    new MatrixHand(grid, viewport, events).#listen();
  }

  #listen(): void {
    const grid = this.#grid;
    grid.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    grid.addEventListener('pointerdown', (event) => this.#press(event));
    grid.addEventListener('pointermove', (event) => this.#drag(event));
    grid.addEventListener('pointerup', (event) => this.#release(event));
    grid.addEventListener('pointercancel', (event) => this.#pointers.delete(event.pointerId));
    grid.addEventListener('pointerleave', () => this.#events.onHover(undefined));
  }

  /** Of the pointer, in the window of the cells. */
  #place(event: MouseEvent): { x: number; y: number } {
    const box = this.#grid.getBoundingClientRect();
    return { x: event.clientX - box.left - this.#events.margins().left, y: event.clientY - box.top - this.#events.margins().top };
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      this.#viewport.pan((event.deltaX || event.deltaY) * lines, event.deltaX === 0 ? 0 : event.deltaY * lines);
    } else {
      const { x, y } = this.#place(event);
      // A pinch on a touchpad comes as small turns of a wheel with Ctrl.
      const speed = event.ctrlKey ? 0.01 : 0.0018;
      this.#viewport.zoom(Math.exp(-event.deltaY * lines * speed), Math.max(x, 0), Math.max(y, 0));
    }
    this.#events.onMove();
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#grid.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#events.onHover(undefined);
    if (this.#pointers.size === 1) this.#dragged = 0;
  }

  #drag(event: PointerEvent): void {
    const held = this.#pointers.get(event.pointerId);
    if (held === undefined) {
      const { x, y } = this.#place(event);
      const spot = x < 0 || y < 0 ? undefined : this.#viewport.cellAt(x, y);
      this.#events.onHover(spot, event);
      return;
    }
    const others = [...this.#pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const next = { x: event.clientX, y: event.clientY };
    const [other] = others;
    if (other !== undefined) {
      const before = Math.hypot(held.x - other.x, held.y - other.y);
      const after = Math.hypot(next.x - other.x, next.y - other.y);
      const box = this.#grid.getBoundingClientRect();
      const middle = {
        x: (next.x + other.x) / 2 - box.left - this.#events.margins().left,
        y: (next.y + other.y) / 2 - box.top - this.#events.margins().top,
      };
      if (before > 0) this.#viewport.zoom(after / before, middle.x, middle.y);
      this.#viewport.pan((held.x - next.x) / 2, (held.y - next.y) / 2);
      this.#dragged = Number.POSITIVE_INFINITY;
    } else {
      this.#dragged += Math.abs(next.x - held.x) + Math.abs(next.y - held.y);
      if (this.#dragged > SLOP) this.#viewport.pan(held.x - next.x, held.y - next.y);
    }
    this.#pointers.set(event.pointerId, next);
    this.#grid.classList.toggle('dragging', this.#dragged > SLOP);
    this.#events.onMove();
  }

  #release(event: PointerEvent): void {
    const held = this.#pointers.delete(event.pointerId);
    this.#grid.classList.remove('dragging');
    if (!held || this.#dragged > SLOP) return;
    const { x, y } = this.#place(event);
    const cell = this.#viewport.cellAt(Math.max(x, 0), Math.max(y, 0));
    if (cell === undefined || (x < 0 && y < 0)) return;
    this.#events.onPick(cell, x < 0 ? 'row' : y < 0 ? 'column' : 'cell');
  }
}
