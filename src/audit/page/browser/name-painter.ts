/** Draws the names of sources and destinations beside the cells, and the bands of their namespaces. They stay while the cells move. */

import type { MatrixPeer } from '../../matrix/matrix-report.ts';
import { nameInNamespace, plainText } from '../../matrix/matrix-view.ts';
import { isNamed, type Axis, type PageModel } from './page-model.ts';
import type { Palette } from './palette.ts';
import { BAND, FONT, NAMED, type Margins, type Scene } from './scene.ts';
import type { Extent2 } from './viewport.ts';
import { groupTitle } from './words.ts';

/** Beside the cells, for rows or for columns. `width` and `height`: of the canvas. */
export function paintNames(context: CanvasRenderingContext2D, scene: Scene, which: 'rows' | 'columns', { width, height }: Extent2): void {
  const { model, viewport, margins, palette, cursor, hover, search } = scene;
  const axis = model[which];
  const isRow = which === 'rows';
  const { scale } = viewport;
  const shift = isRow ? viewport.y : viewport.x;
  const lead = isRow ? margins.top : margins.left;
  const end = isRow ? height : width;
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
    if (scale >= NAMED)
      paintName(
        context,
        peer,
        { left: from + 6, middle: top + scale / 2, room: to - from - 12, scale, active: active.includes(at), isRow },
        palette,
      );
  }
  paintBands(context, axis, { lead, end, shift, scale, at: isRow ? 0 : depth - BAND, depth, isRow }, palette);
  context.restore();
  context.fillStyle = palette['line-strong'];
  if (isRow) context.fillRect(margins.left - 1, margins.top, 1, height);
  else context.fillRect(margins.left, margins.top - 1, width, 1);
}

interface NamePlace {
  readonly left: number;
  readonly middle: number;
  readonly room: number;
  readonly scale: number;
  /** The cursor or the pointer is in its row or column. */
  readonly active: boolean;
  readonly isRow: boolean;
}

function paintName(context: CanvasRenderingContext2D, peer: MatrixPeer, place: NamePlace, palette: Palette): void {
  const { left, middle, room, scale, active, isRow } = place;
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
function paintBands(
  context: CanvasRenderingContext2D,
  { groups }: Axis,
  place: { lead: number; end: number; shift: number; scale: number; at: number; depth: number; isRow: boolean },
  palette: Palette,
): void {
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
    const whole = groupTitle(namespace);
    if (context.measureText(whole).width > room) context.font = `600 9.5px ${FONT}`;
    const title = fitText(context, whole, room);
    if (title !== '…') context.fillText(title, 0, 0);
    context.restore();
  }
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
