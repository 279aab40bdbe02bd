/** What stands in a cell: ports where there is room for letters, else a symbol. */

import type { Ports } from '../../../policy/ports.ts';
import { shortPorts } from '../../matrix/port-text.ts';
import { ALL, SOME } from './page-model.ts';
import type { Palette } from './palette.ts';

/** Ports in the letters that there is room for, in one or two lines; else how many ranges there are. */
export function fitPorts(ports: Ports, room: number): readonly [string, string] {
  const text = shortPorts(ports);
  if (text.length <= room) return [text, ''];
  const words = text.split(/(?<=[, /])/);
  let upper = '';
  while (`${upper}${words[0]}`.trimEnd().length <= room) upper += words.shift();
  const rest = words.join('');
  if (upper !== '' && rest.length <= room) return [upper.trimEnd(), rest];
  const [shorter = ''] = [2, 1].map((most) => shortPorts(ports, most)).filter((one) => one.length <= room);
  if (shorter !== '') return [shorter, ''];
  const one = shortPorts(ports, 1).split(' ');
  return one.length > 1 && one.every((word) => word.length <= room) ? [one[0] ?? '', one.slice(1).join(' ')] : ['…', ''];
}

/** A disc, half a disc, a cross: on a square of so many CSS pixels. */
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
