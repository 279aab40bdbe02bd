/** Counts what a run of cases against packets came to, and prints it: lag is no failure, but it must not go unseen. */

import type { CaseReport } from './run-case.ts';

export class Totals {
  readonly #what: string;
  #started: number | undefined;
  #cases = 0;
  #probes = 0;
  #wrong = 0;
  readonly #late: string[] = [];

  constructor(what: string) {
    this.#what = what;
  }

  add({ probes, late, wrong }: CaseReport): void {
    this.#started ??= performance.now();
    this.#cases += 1;
    this.#probes += probes;
    this.#wrong += wrong.length;
    this.#late.push(...late);
  }

  print(): void {
    const seconds = Math.round((performance.now() - (this.#started ?? performance.now())) / 1000);
    const { length } = this.#late;
    process.stderr.write(
      `${this.#what}: ${this.#cases} cases, ${this.#probes} probes in ${seconds} s, ${length} right only on the second look, ${this.#wrong} wrong\n`,
    );
    for (const line of this.#late) process.stderr.write(`  late: ${line}\n`);
  }
}
