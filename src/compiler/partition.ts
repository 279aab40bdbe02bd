/** Into how many classes some sets divide all things, and how much those classes weigh together. Sets are added one by one, and can be taken back. */

import type { Journal } from './journal.ts';

interface Class {
  size: number;
  /** The sum of what the sets that it is in weigh. */
  weight: number;
}

export class Partition<Item> {
  readonly #classOf = new Map<Item, Class>();
  #classes = 0;
  #weight = 0;

  /** Classes of what is in some set. What is in none is not counted. */
  get classes(): number {
    return this.#classes;
  }

  /** The sum over the classes of what each weighs. */
  get weight(): number {
    return this.#weight;
  }

  /** Things of the same class give the same; `undefined`: it is in no set. */
  classOf(item: Item): object | undefined {
    return this.#classOf.get(item);
  }

  /** `weight`: of every class inside the set. A set may be added again, for its weight. */
  add(items: Iterable<Item>, weight: number, journal: Journal): void {
    for (const [whole, inside] of this.#groupByClass(items)) {
      const part = whole === undefined || inside.length < whole.size ? this.#split(whole, inside, journal) : whole;
      part.weight += weight;
      this.#weight += weight;
      journal.push(() => {
        part.weight -= weight;
        this.#weight -= weight;
      });
    }
  }

  #split(whole: Class | undefined, inside: readonly Item[], journal: Journal): Class {
    const part: Class = { size: inside.length, weight: whole?.weight ?? 0 };
    for (const item of inside) this.#classOf.set(item, part);
    if (whole !== undefined) whole.size -= inside.length;
    this.#classes += 1;
    this.#weight += part.weight;
    journal.push(() => {
      this.#classes -= 1;
      this.#weight -= part.weight;
      if (whole !== undefined) whole.size += inside.length;
      for (const item of inside) {
        if (whole === undefined) this.#classOf.delete(item);
        else this.#classOf.set(item, whole);
      }
    });
    return part;
  }

  #groupByClass(items: Iterable<Item>): Map<Class | undefined, Item[]> {
    const groups = new Map<Class | undefined, Item[]>();
    for (const item of items) {
      const whole = this.#classOf.get(item);
      const group = groups.get(whole);
      if (group === undefined) groups.set(whole, [item]);
      else group.push(item);
    }
    return groups;
  }
}
