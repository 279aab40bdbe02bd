/** The window onto a graph: an SVG that is dragged and zoomed. */

import { isSamePlace, roundPlace, type Place } from './view-state.ts';

export class GraphWindow {
  readonly #svg: SVGSVGElement;
  #box: readonly [number, number, number, number] = [0, 0, 1, 1];
  #bounds: readonly [number, number, number, number] = [0, 0, 1, 1];
  /** Undefined: the whole graph. */
  #place: Place | undefined;
  readonly #onPlace: (place: Place | undefined) => void;

  constructor(svg: SVGSVGElement, onPlace: (place: Place | undefined) => void) {
    this.#svg = svg;
    this.#onPlace = onPlace;
    this.#listen();
  }

  /** Left, top, width and height of what there is to see. */
  show(bounds: readonly [number, number, number, number], place: Place | undefined): void {
    this.#bounds = bounds;
    this.#show(place);
  }

  goTo(place: Place | undefined): void {
    if (!isSamePlace(place, this.#place)) this.#show(place);
  }

  fit(): void {
    this.#show(undefined);
    this.#onPlace(undefined);
  }

  zoomAtCentre(factor: number): void {
    const [x, y, width, height] = this.#box;
    this.#zoom(factor, x + width / 2, y + height / 2);
  }

  #show(place: Place | undefined): void {
    const [left, top, width, height] = this.#bounds;
    this.#place = place;
    if (place === undefined) return this.#look([left, top, width, height]);
    const wide = this.#bound(place[2]);
    this.#look([place[0], place[1], wide, (height / width) * wide]);
  }

  #look(box: readonly [number, number, number, number]): void {
    this.#box = box;
    this.#svg.setAttribute('viewBox', box.join(' '));
  }

  /** By hand. */
  #move(box: readonly [number, number, number, number]): void {
    this.#look(box);
    this.#place = roundPlace([box[0], box[1], box[2]]);
    this.#onPlace(this.#place);
  }

  #bound(width: number): number {
    return Math.min(Math.max(width, 200), this.#bounds[2] * 3);
  }

  #zoom(factor: number, atX: number, atY: number): void {
    const [x, y, width, height] = this.#box;
    const wide = this.#bound(width * factor);
    const real = wide / width;
    this.#move([atX - (atX - x) * real, atY - (atY - y) * real, wide, height * real]);
  }

  #listen(): void {
    const svg = this.#svg;
    /** Of the pointer, in the graph's own measure. */
    const place = (event: MouseEvent): DOMPoint => {
      const matrix = svg.getScreenCTM();
      return new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix?.inverse());
    };
    svg.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        const { x, y } = place(event);
        this.#zoom(Math.exp(event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), x, y);
      },
      { passive: false },
    );
    let held: DOMPoint | undefined;
    svg.addEventListener('pointerdown', (event) => {
      if (event.target === svg || (event.target instanceof Element && event.target.closest('.node, .edge') === null)) {
        held = place(event);
        svg.setPointerCapture(event.pointerId);
      }
    });
    svg.addEventListener('pointermove', (event) => {
      if (held === undefined) return;
      const now = place(event);
      const [x, y, width, height] = this.#box;
      this.#move([x + held.x - now.x, y + held.y - now.y, width, height]);
    });
    for (const end of ['pointerup', 'pointercancel'] as const) svg.addEventListener(end, () => (held = undefined));
  }
}
