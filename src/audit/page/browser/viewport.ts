/** Where the matrix lies behind its window: the size of a cell, and how far it is moved. All in CSS pixels. */

import { roundPlace, type Place } from './view-state.ts';

export interface Extent2 {
  readonly width: number;
  readonly height: number;
}

/** Of a cell: below the first nobody sees one, above the second nobody needs it. */
const SMALLEST = 1;
const LARGEST = 96;
/** A small matrix is not blown up beyond this when it is fitted. */
const COMFORTABLE = 58;

export class Viewport {
  /** Side of a cell. */
  scale = COMFORTABLE;
  /** Of the matrix's corner, left of and above the window's. */
  x = 0;
  y = 0;
  /** Of the window's foot, what lies under something else. */
  #covered = 0;
  #window: Extent2 = { width: 1, height: 1 };
  #rows = 0;
  #columns = 0;
  #fitted = true;

  /** What is seen whole stays seen whole when the window or the matrix changes. */
  resize(window: Extent2, rows: number, columns: number): void {
    this.#window = window;
    this.#rows = rows;
    this.#columns = columns;
    if (this.#fitted) this.fit();
    else this.#clamp();
  }

  fit(): void {
    const { width, height } = this.#window;
    const whole = Math.min(width / Math.max(this.#columns, 1), height / Math.max(this.#rows, 1));
    this.scale = Math.min(Math.max(whole, SMALLEST), COMFORTABLE);
    this.x = 0;
    this.y = 0;
    this.#fitted = true;
  }

  /** Undefined: it follows the window, as fitted into it. */
  get place(): Place | undefined {
    return this.#fitted ? undefined : roundPlace([this.x / this.scale, this.y / this.scale, this.scale]);
  }

  goTo(place: Place | undefined): void {
    if (place === undefined) return this.fit();
    const [column, row, scale] = place;
    this.scale = Math.min(Math.max(scale, SMALLEST), LARGEST);
    this.x = column * this.scale;
    this.y = row * this.scale;
    this.#fitted = false;
    this.#clamp();
  }

  /** What lies under a panel can be moved above it. */
  cover(height: number): void {
    this.#covered = height;
    this.#clamp();
  }

  /** The point of the window stays where it is. */
  zoom(factor: number, atX: number, atY: number): void {
    const scale = Math.min(Math.max(this.scale * factor, SMALLEST), LARGEST);
    const real = scale / this.scale;
    this.x = (this.x + atX) * real - atX;
    this.y = (this.y + atY) * real - atY;
    this.scale = scale;
    this.#fitted = false;
    this.#clamp();
  }

  zoomAtCentre(factor: number): void {
    this.zoom(factor, this.#window.width / 2, this.#window.height / 2);
  }

  pan(byX: number, byY: number): void {
    this.x += byX;
    this.y += byY;
    this.#clamp();
    if (this.x !== 0 || this.y !== 0) this.#fitted = false;
  }

  /** Moves no further than needed. */
  reveal(row: number, column: number): void {
    const { width } = this.#window;
    const height = this.#window.height - this.#covered;
    const [left, top] = [column * this.scale, row * this.scale];
    if (left < this.x) this.x = left;
    if (left + this.scale > this.x + width) this.x = left + this.scale - width;
    if (top < this.y) this.y = top;
    if (top + this.scale > this.y + height) this.y = top + this.scale - height;
    this.#clamp();
    if (this.x !== 0 || this.y !== 0) this.#fitted = false;
  }

  /** Undefined beside the matrix. */
  cellAt(atX: number, atY: number): { readonly row: number; readonly column: number } | undefined {
    const row = Math.floor((this.y + atY) / this.scale);
    const column = Math.floor((this.x + atX) / this.scale);
    return row < 0 || column < 0 || row >= this.#rows || column >= this.#columns ? undefined : { row, column };
  }

  /** First and last, both seen at least in part. */
  get seenRows(): readonly [number, number] {
    return [Math.floor(this.y / this.scale), Math.min(Math.ceil((this.y + this.#window.height) / this.scale), this.#rows) - 1];
  }

  get seenColumns(): readonly [number, number] {
    return [Math.floor(this.x / this.scale), Math.min(Math.ceil((this.x + this.#window.width) / this.scale), this.#columns) - 1];
  }

  #clamp(): void {
    this.x = Math.max(0, Math.min(this.x, this.#columns * this.scale - this.#window.width));
    this.y = Math.max(0, Math.min(this.y, this.#rows * this.scale - this.#window.height + this.#covered));
  }
}
