/** Draws the matrix on a canvas: colours as one small image that is blown up, then lines, symbols, names and the cursor over it. */

import { shortPorts } from '../../matrix/port-text.ts';
import type { MatrixPeer } from '../../matrix/matrix-report.ts';
import { nameInNamespace, plainText } from '../../matrix/matrix-view.ts';
import { ALL, BLANK, isNamed, NONE, SOME, type Axis, type PageModel } from './page-model.ts';
import { toPixel, type Palette } from './palette.ts';
import type { Viewport } from './viewport.ts';
import { groupTitle } from './words.ts';

export interface Margins {
  /** Of the names of rows and of columns, bands of the namespaces included. */
  readonly left: number;
  readonly top: number;
}

export interface Spot {
  readonly row: number;
  readonly column: number;
}

export interface Scene {
  readonly model: PageModel;
  readonly viewport: Viewport;
  readonly margins: Margins;
  readonly palette: Palette;
  readonly cursor: Spot | undefined;
  readonly hover: Spot | undefined;
  readonly focused: boolean;
  readonly search: string;
}

/** Width of a namespace's band beside the names. */
export const BAND = 22;
/** Cells smaller than these have no name beside them, no symbol, no ports in them, no line between them. */
const NAMED = 9;
const MARKED = 9;
const WITH_PORTS = 36;
const LINED = 5;
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";

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
    this.#paintNames(scene, 'rows');
    this.#paintNames(scene, 'columns');
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
    const fontSize = Math.min(13, Math.max(10, scale / 4.4));
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
          const [upper, lower] = fitPorts(model, source, destination, room);
          context.fillText(upper, left + scale / 2, top + scale / 2 - (lower === '' ? 0 : fontSize * 0.6));
          if (lower !== '') context.fillText(lower, left + scale / 2, top + scale / 2 + fontSize * 0.6);
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

  #paintNames(scene: Scene, which: 'rows' | 'columns'): void {
    const { model, viewport, margins, palette, cursor, hover, search } = scene;
    const context = this.#context;
    const axis = model[which];
    const isRow = which === 'rows';
    const { scale } = viewport;
    const shift = isRow ? viewport.y : viewport.x;
    const lead = isRow ? margins.top : margins.left;
    const end = isRow ? this.#height : this.#width;
    const depth = isRow ? margins.left : margins.top;
    context.save();
    // Columns are drawn as rows are, on a page that is turned.
    if (!isRow) context.transform(0, -1, 1, 0, 0, margins.top);
    context.beginPath();
    context.rect(0, lead, depth, end - lead);
    context.clip();
    context.fillStyle = palette.head;
    context.fillRect(0, lead, depth, end - lead);
    context.textBaseline = 'middle';
    const [first, last] = isRow ? viewport.seenRows : viewport.seenColumns;
    const active = [hover, cursor].map((spot) => (spot === undefined ? -1 : isRow ? spot.row : spot.column));
    const [from, to] = isRow ? [BAND, depth] : [0, depth - BAND];
    for (let at = first; at <= last; at += 1) {
      const peer = axis.peers[at];
      if (peer === undefined) continue;
      const top = lead + at * scale - shift;
      const found = search !== '' && isNamed(peer, search);
      if (found || active.includes(at)) {
        context.fillStyle = found ? palette.match : palette.cross;
        context.fillRect(from, top, to - from, Math.max(scale, 1.5));
      }
      if (scale >= NAMED) this.#paintName(peer, from + 6, top + scale / 2, to - from - 12, scale, active.includes(at), isRow, palette);
    }
    this.#paintBands(axis, { lead, end, shift, scale, at: isRow ? 0 : depth - BAND, depth, isRow }, palette);
    context.restore();
    context.fillStyle = palette['line-strong'];
    if (isRow) context.fillRect(margins.left - 1, margins.top, 1, this.#height);
    else context.fillRect(margins.left, margins.top - 1, this.#width, 1);
  }

  #paintName(
    peer: MatrixPeer,
    left: number,
    middle: number,
    room: number,
    scale: number,
    active: boolean,
    isRow: boolean,
    palette: Palette,
  ): void {
    const context = this.#context;
    const size = Math.min(12.5, scale - 0.5);
    context.font = `${active ? 600 : 400} ${size}px ${FONT}`;
    context.fillStyle = palette.text;
    const name = plainText(peer.name);
    const text = fitText(context, name, room);
    const width = context.measureText(text).width;
    // Names stand beside their cells: rows to the right, columns to the foot.
    const start = isRow ? left + room - width : left;
    context.fillText(text, start, middle);
    if (peer.kind !== 'workload' || text !== name) return;
    context.font = `400 ${size * 0.88}px ${FONT}`;
    context.fillStyle = palette.dim;
    const kind = plainText(peer.workload);
    const kindWidth = context.measureText(kind).width;
    if (width + kindWidth + 8 > room) return;
    context.fillText(kind, isRow ? start - kindWidth - 7 : start + width + 7, middle);
  }

  /** A namespace's name stays in the middle of what is seen of it. */
  #paintBands(
    { groups }: Axis,
    place: { lead: number; end: number; shift: number; scale: number; at: number; depth: number; isRow: boolean },
    palette: Palette,
  ): void {
    const context = this.#context;
    const { lead, end, shift, scale, at, depth, isRow } = place;
    context.font = `600 11px ${FONT}`;
    for (const [index, { namespace, start, size }] of groups.entries()) {
      const top = Math.max(lead + start * scale - shift, lead);
      const bottom = Math.min(lead + (start + size) * scale - shift, end);
      if (bottom <= lead || top >= end) continue;
      context.fillStyle = palette['line-strong'];
      if (start > 0) context.fillRect(0, Math.round(lead + start * scale - shift), depth, 1);
      context.fillStyle = index % 2 === 0 ? palette.line : palette.head;
      context.fillRect(at, top + 1, BAND - 2, bottom - top - 1);
      if (scale < NAMED) {
        // The room of the names that are too small.
        const size = Math.min(12, bottom - top - 1);
        if (size < 7) continue;
        context.font = `600 ${size}px ${FONT}`;
        context.fillStyle = palette.text;
        const title = fitText(context, groupTitle(namespace), depth - BAND - 12);
        const across = context.measureText(title).width;
        context.fillText(title, isRow ? depth - 8 - across : 6, (top + bottom) / 2 + 0.5);
        continue;
      }
      const room = bottom - top - 8;
      if (room < 12) continue;
      context.save();
      context.translate(at + BAND / 2 - 1, (top + bottom) / 2);
      context.rotate(isRow ? -Math.PI / 2 : Math.PI / 2);
      context.textAlign = 'center';
      context.fillStyle = palette.text;
      const title = fitText(context, groupTitle(namespace), room);
      if (title !== '…') context.fillText(title, 0, 0);
      context.restore();
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

/** Ports in the letters that there is room for, in one or two lines; else how many ranges there are. */
function fitPorts({ portsOf }: PageModel, source: MatrixPeer, destination: MatrixPeer, room: number): readonly [string, string] {
  const ports = portsOf(source, destination) ?? 'all';
  const text = shortPorts(ports);
  if (text.length <= room) return [text, ''];
  const words = text.split(/(?<=,)| /);
  let upper = '';
  while (words.length > 0 && `${upper}${words[0]}`.length <= room) upper += words.shift();
  const rest = words.join(text.includes(' ') ? ' ' : '');
  if (upper !== '' && rest.length <= room) return [upper, rest];
  const [shorter = ''] = [2, 1].map((most) => shortPorts(ports, most)).filter((one) => one.length <= room);
  if (shorter !== '') return [shorter, ''];
  const one = shortPorts(ports, 1).split(' ');
  return one.length > 1 && one.every((word) => word.length <= room) ? [one[0] ?? '', one.slice(1).join(' ')] : ['…', ''];
}

function fitText(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let [fits, tooLong] = [0, text.length];
  while (fits + 1 < tooLong) {
    const middle = (fits + tooLong) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= room) fits = middle;
    else tooLong = middle;
  }
  return `${text.slice(0, fits)}…`;
}

export function drawMark(state: number, size: number, ratio: number, palette: Palette): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(size * ratio);
  canvas.height = canvas.width;
  const context = canvas.getContext('2d');
  if (context === null) return canvas;
  context.scale(ratio, ratio);
  context.translate(size / 2, size / 2);
  const radius = Math.min(size * 0.2, 7);
  context.lineWidth = Math.max(1, radius / 4);
  context.beginPath();
  switch (state) {
    case ALL:
      context.fillStyle = palette['mark-all'];
      context.arc(0, 0, radius, 0, Math.PI * 2);
      context.fill();
      break;
    case SOME:
      context.fillStyle = palette['mark-some'];
      context.strokeStyle = palette['mark-some'];
      context.arc(0, 0, radius, 0, Math.PI * 2);
      context.stroke();
      context.beginPath();
      context.arc(0, 0, radius, Math.PI / 2, Math.PI * 1.5);
      context.fill();
      break;
    default:
      context.strokeStyle = palette['mark-none'];
      context.moveTo(-radius * 0.6, -radius * 0.6);
      context.lineTo(radius * 0.6, radius * 0.6);
      context.moveTo(radius * 0.6, -radius * 0.6);
      context.lineTo(-radius * 0.6, radius * 0.6);
      context.stroke();
  }
  return canvas;
}

/** How wide the names are, within what the window can spare. */
export function measureMargins(model: PageModel, width: number, height: number): Margins {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return { left: 120, top: 120 };
  context.font = `400 12.5px ${FONT}`;
  const widest = (axis: Axis): number => Math.max(40, ...axis.peers.map((peer) => context.measureText(nameInNamespace(peer)).width + 4));
  const narrow = width < 600;
  return {
    left: Math.round(Math.min(widest(model.rows) + BAND + 16, width * (narrow ? 0.36 : 0.26), 300)),
    top: Math.round(Math.min(widest(model.columns) + BAND + 16, height * (narrow ? 0.24 : 0.28), 220)),
  };
}
