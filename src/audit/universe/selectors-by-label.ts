/** Finds which of many selectors take a set of labels in, without asking each of them. */

import type { LabelSelector, Labels } from '../../model/labels.ts';
import { labelText, matchesSelector, requiredLabels } from '../../policy/selector.ts';

interface Entry<Item> {
  readonly item: Item;
  readonly selector: LabelSelector;
  readonly position: number;
}

export class SelectorsByLabel<Item> {
  /** By a label that a set must have. */
  readonly #byLabel = new Map<string, Entry<Item>[]>();
  /** Those that ask for no label in particular. */
  readonly #others: Entry<Item>[] = [];

  constructor(items: Iterable<Item>, selectorOf: (item: Item) => LabelSelector) {
    let position = 0;
    for (const item of items) {
      const entry = { item, selector: selectorOf(item), position: position++ };
      const labels = requiredLabels(entry.selector);
      if (labels === undefined) this.#others.push(entry);
      for (const label of new Set(labels)) {
        const alike = this.#byLabel.get(label);
        if (alike === undefined) this.#byLabel.set(label, [entry]);
        else alike.push(entry);
      }
    }
  }

  /** In the order in which they were given. */
  taking(labels: Labels): Item[] {
    const asked = Object.entries(labels).flatMap(([key, value]) => this.#byLabel.get(labelText(key, value)) ?? []);
    return [...asked, ...this.#others]
      .filter(({ selector }) => matchesSelector(selector, labels))
      .sort((a, b) => a.position - b.position)
      .map(({ item }) => item);
  }
}
