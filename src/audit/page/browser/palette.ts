/** The colours of the style sheet, as a canvas needs them. */

const NAMES = [
  'surface',
  'head',
  'line',
  'line-strong',
  'text',
  'dim',
  'accent',
  'cross',
  'match',
  'cell-all',
  'cell-some',
  'cell-none',
  'cell-blank',
  'mark-all',
  'mark-some',
  'mark-none',
] as const;

export type Palette = Readonly<Record<(typeof NAMES)[number], string>>;

/** As the theme is now: the browser works them out for a probe. */
export function readPalette(): Palette {
  const probe = document.createElement('span');
  document.body.append(probe);
  const entries = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(entries) as Palette;
}

/** As a pixel of an image in memory. */
export function toPixel(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  // Little-endian, as every machine with a browser is.
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
