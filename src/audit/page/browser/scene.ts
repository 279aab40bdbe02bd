/** What is to be seen of the matrix at a moment, and the measures that its painters share. */

import type { PageModel } from './page-model.ts';
import type { Palette } from './palette.ts';
import type { Viewport } from './viewport.ts';

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
/** Cells smaller than this have no name beside them. */
export const NAMED = 9;
export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
