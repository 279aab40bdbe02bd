/** The window onto a graph: an SVG that is dragged and zoomed. */

export class GraphWindow {
  readonly #svg: SVGSVGElement;
  #box: readonly [number, number, number, number] = [0, 0, 1, 1];
  #bounds: readonly [number, number, number, number] = [0, 0, 1, 1];

  constructor(svg: SVGSVGElement) {
    this.#svg = svg;
    this.#listen();
  }

  /** Left, top, width and height of what there is to see. */
  show(bounds: readonly [number, number, number, number]): void {
    this.#bounds = bounds;
    this.fit();
  }

  fit(): void {
    this.#look(this.#bounds);
  }

  zoomAtCentre(factor: number): void {
    const [x, y, width, height] = this.#box;
    this.#zoom(factor, x + width / 2, y + height / 2);
  }

  #look(box: readonly [number, number, number, number]): void {
    this.#box = box;
    this.#svg.setAttribute('viewBox', box.join(' '));
  }

  #zoom(factor: number, atX: number, atY: number): void {
    const [x, y, width, height] = this.#box;
    const wide = Math.min(Math.max(width * factor, 200), this.#bounds[2] * 3);
    const real = wide / width;
    this.#look([atX - (atX - x) * real, atY - (atY - y) * real, wide, height * real]);
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
      this.#look([x + held.x - now.x, y + held.y - now.y, width, height]);
    });
    for (const end of ['pointerup', 'pointercancel'] as const) svg.addEventListener(end, () => (held = undefined));
  }
}
