/** Gathers what a comparison finds into a report that stays small however much differs. */

import { DRIFTS_LISTED, type Compared, type Drift } from '../model/drift.ts';

export class Findings {
  readonly #lines = new Map<string, { what: string; count: number; differed: number; repaired: number }>();
  readonly #drifts: Drift[] = [];

  /** So many there should be; said more than once, they add up. */
  count(what: string, count: number): void {
    this.#line(what).count += count;
  }

  add(drift: Drift): void {
    const line = this.#line(drift.what);
    line.differed += 1;
    if (drift.repaired) line.repaired += 1;
    if (line.differed <= DRIFTS_LISTED) this.#drifts.push(drift);
  }

  /** Whether a drift would be listed; where not, `addUnlisted` is enough. */
  lists(what: string): boolean {
    return this.#line(what).differed < DRIFTS_LISTED;
  }

  addUnlisted(what: string, repaired: boolean): void {
    const line = this.#line(what);
    line.differed += 1;
    if (repaired) line.repaired += 1;
  }

  get compared(): readonly Compared[] {
    return [...this.#lines.values()];
  }

  get drifts(): readonly Drift[] {
    return this.#drifts;
  }

  #line(what: string): { what: string; count: number; differed: number; repaired: number } {
    const line = this.#lines.get(what) ?? { what, count: 0, differed: 0, repaired: 0 };
    this.#lines.set(what, line);
    return line;
  }
}
