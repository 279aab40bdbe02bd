/** Draws the matrix on a canvas: colours as one small image that is blown up, then lines, symbols, names and the cursor over it. */

import { drawMark, fitPorts } from './cell-marks.ts';
import { paintNames } from './name-painter.ts';
import { ALL, BLANK, NONE, SOME } from './page-model.ts';
import { toPixel, type Palette } from './palette.ts';
import { FONT, type Scene, type Spot } from './scene.ts';

/** Cells smaller than these have no symbol, no ports in them, no line between them. */
const MARKED = 9;
const WITH_PORTS = 36;
const LINED = 5;

export class MatrixPainter {
  readonly #context: CanvasRenderingContext2D;
  readonly #canvas: HTMLCanvasElement;
  readonly #image = document.createElement('canvas');
  #marks: { readonly key: string; readonly canvases: readonly HTMLCanvasElement[] } | undefined;
  #width = 0;
  #height = 0;
  #ratio = 1;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('no canvas');
    this.#canvas = canvas;
    this.#context = context;
  }

  resize(width: number, height: number): void {
    this.#ratio = window.devicePixelRatio;
    this.#width = width;
    this.#height = height;
    this.#canvas.width = Math.round(width * this.#ratio);
    this.#canvas.height = Math.round(height * this.#ratio);
  }

  paint(scene: Scene): void {
    const context = this.#context;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.fillStyle = scene.palette.surface;
    context.fillRect(0, 0, this.#width, this.#height);
    const { left, top } = scene.margins;
    context.save();
    context.beginPath();
    context.rect(left, top, this.#width - left, this.#height - top);
    context.clip();
    this.#paintCells(scene);
    this.#paintLines(scene);
    if (scene.viewport.scale >= MARKED) this.#paintMarks(scene);
    this.#paintCross(scene);
    context.restore();
    const size = { width: this.#width, height: this.#height };
    paintNames(context, scene, 'rows', size);
    paintNames(context, scene, 'columns', size);
    this.#paintCorner(scene);
  }

  /** A pixel for each cell that is seen. */
  #paintCells({ model, viewport, margins, palette }: Scene): void {
    const [firstRow, lastRow] = viewport.seenRows;
    const [firstColumn, lastColumn] = viewport.seenColumns;
    const [width, height] = [lastColumn - firstColumn + 1, lastRow - firstRow + 1];
    if (width <= 0 || height <= 0) return;
    const pixels = new Uint32Array(width * height);
    const colours = Uint32Array.of(
      toPixel(palette['cell-none']),
      toPixel(palette['cell-some']),
      toPixel(palette['cell-all']),
      toPixel(palette['cell-blank']),
    );
    const { states, classCount } = model;
    const classes = Int32Array.from(model.columns.peers.slice(firstColumn, lastColumn + 1), (peer) => peer.class);
    for (let row = 0; row < height; row += 1) {
      const base = (model.rows.peers[firstRow + row]?.class ?? 0) * classCount;
      for (let column = 0; column < width; column += 1) {
        pixels[row * width + column] = colours[states[base + (classes[column] ?? 0)] ?? BLANK] ?? 0;
      }
    }
    this.#image.width = width;
    this.#image.height = height;
    this.#image.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), width, height), 0, 0);
    const { scale, x, y } = viewport;
    this.#context.imageSmoothingEnabled = false;
    this.#context.drawImage(
      this.#image,
      margins.left + firstColumn * scale - x,
      margins.top + firstRow * scale - y,
      width * scale,
      height * scale,
    );
  }

  #paintLines({ model, viewport, margins, palette }: Scene): void {
    const context = this.#context;
    const { scale, x, y } = viewport;
    const right = margins.left + model.columns.peers.length * scale - x;
    const bottom = margins.top + model.rows.peers.length * scale - y;
    const down = (at: number, width: number): void =>
      context.fillRect(Math.round(margins.left + at * scale - x), margins.top, width, bottom - margins.top);
    const across = (at: number, width: number): void =>
      context.fillRect(margins.left, Math.round(margins.top + at * scale - y), right - margins.left, width);
    if (scale >= LINED) {
      context.fillStyle = palette.surface;
      const [firstRow, lastRow] = viewport.seenRows;
      const [firstColumn, lastColumn] = viewport.seenColumns;
      for (let at = firstColumn; at <= lastColumn + 1; at += 1) down(at, 1);
      for (let at = firstRow; at <= lastRow + 1; at += 1) across(at, 1);
    }
    context.fillStyle = scale >= LINED ? palette['line-strong'] : palette.line;
    for (const { start } of model.columns.groups) if (start > 0) down(start, 1);
    for (const { start } of model.rows.groups) if (start > 0) across(start, 1);
  }

  #paintMarks({ model, viewport, margins, palette }: Scene): void {
    const context = this.#context;
    const { scale, x, y } = viewport;
    const marks = this.#marksOf(scale, palette);
    const size = Math.ceil(scale);
    const withPorts = scale >= WITH_PORTS;
    const fontSize = Math.min(12, Math.max(10, scale / 4.4));
    const room = Math.floor((scale - 6) / (fontSize * 0.56));
    context.font = `500 ${fontSize}px ${FONT}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    const [firstRow, lastRow] = viewport.seenRows;
    const [firstColumn, lastColumn] = viewport.seenColumns;
    for (let row = firstRow; row <= lastRow; row += 1) {
      const source = model.rows.peers[row];
      if (source === undefined) continue;
      for (let column = firstColumn; column <= lastColumn; column += 1) {
        const destination = model.columns.peers[column];
        if (destination === undefined) continue;
        const state = model.stateOf(source, destination);
        if (state === BLANK) continue;
        const left = margins.left + column * scale - x;
        const top = margins.top + row * scale - y;
        if (withPorts && state !== NONE) {
          context.fillStyle = state === ALL ? palette['mark-all'] : palette['mark-some'];
          const [upper, lower] = fitPorts(model.portsOf(source, destination) ?? 'all', room);
          context.fillText(upper, left + scale / 2, top + scale / 2 - (lower === '' ? 0 : fontSize * 0.6), scale - 4);
          if (lower !== '') context.fillText(lower, left + scale / 2, top + scale / 2 + fontSize * 0.6, scale - 4);
          continue;
        }
        const mark = marks[state];
        if (mark !== undefined) context.drawImage(mark, Math.round(left), Math.round(top), size, size);
      }
    }
  }

  /** Drawn once for each size: a disc, half a disc, a cross. */
  #marksOf(scale: number, palette: Palette): readonly HTMLCanvasElement[] {
    const key = `${scale} ${this.#ratio} ${palette['mark-all']} ${palette['mark-none']}`;
    if (this.#marks?.key === key) return this.#marks.canvases;
    const canvases = [NONE, SOME, ALL].map((state) => drawMark(state, Math.ceil(scale), this.#ratio, palette));
    this.#marks = { key, canvases };
    return canvases;
  }

  #paintCross({ model, viewport, margins, palette, cursor, hover, focused }: Scene): void {
    const context = this.#context;
    const { scale, x, y } = viewport;
    const outline = ({ row, column }: Spot, width: number): void => {
      const size = Math.max(scale, 5);
      context.lineWidth = width;
      context.strokeRect(
        Math.round(margins.left + (column + 0.5) * scale - x - size / 2) + 0.5,
        Math.round(margins.top + (row + 0.5) * scale - y - size / 2) + 0.5,
        size,
        size,
      );
    };
    for (const spot of [hover, cursor]) {
      if (spot === undefined) continue;
      context.fillStyle = palette.cross;
      const thick = Math.max(scale, 1.5);
      const right = Math.min(model.columns.peers.length * scale - x, this.#width);
      const bottom = Math.min(model.rows.peers.length * scale - y, this.#height);
      context.fillRect(margins.left, margins.top + spot.row * scale - y, right, thick);
      context.fillRect(margins.left + spot.column * scale - x, margins.top, thick, bottom);
    }
    if (hover !== undefined) {
      context.strokeStyle = palette.text;
      outline(hover, 1);
    }
    if (cursor !== undefined) {
      context.strokeStyle = palette.surface;
      outline(cursor, focused ? 6 : 4);
      context.strokeStyle = palette.accent;
      outline(cursor, focused ? 3 : 2);
    }
  }

  #paintCorner({ margins, palette }: Scene): void {
    const context = this.#context;
    context.fillStyle = palette.head;
    context.fillRect(0, 0, margins.left, margins.top);
    context.fillStyle = palette['line-strong'];
    context.fillRect(margins.left - 1, 0, 1, margins.top);
    context.fillRect(0, margins.top - 1, margins.left, 1);
    context.fillStyle = palette.dim;
    context.font = `500 11px ${FONT}`;
    context.textAlign = 'right';
    context.textBaseline = 'alphabetic';
    context.fillText('to →', margins.left - 8, margins.top - 24);
    context.fillText('from ↓', margins.left - 8, margins.top - 9);
    context.textAlign = 'left';
  }
}
