/** Finds what selectors take in, by namespace and by label: a check that asked each pod for each policy would take their product. */

import type { LabelSelector, Labels } from '../../model/labels.ts';
import { selectsNamespace, type PodPeer } from '../../policy/peer-list.ts';
import { labelText, matchesSelector, requiredLabels, selectorKey } from '../../policy/selector.ts';

interface Entry<Item> {
  readonly item: Item;
  readonly labels: Labels;
  readonly position: number;
}

interface Shelf<Item> {
  readonly entries: Entry<Item>[];
  readonly byLabel: Map<string, Entry<Item>[]>;
}

export class SelectorIndex<Item> {
  readonly #shelves = new Map<string, Shelf<Item>>();
  readonly #namespaceLabels: (namespace: string) => Labels;
  /** Namespaces by the keys of selectors that take them in. */
  readonly #selected = new Map<string, readonly string[]>();

  constructor(
    items: readonly Item[],
    factsOf: (item: Item) => { readonly namespace: string; readonly labels: Labels },
    namespaceLabels: (namespace: string) => Labels,
  ) {
    this.#namespaceLabels = namespaceLabels;
    for (const [position, item] of items.entries()) {
      const { namespace, labels } = factsOf(item);
      let shelf = this.#shelves.get(namespace);
      if (shelf === undefined) this.#shelves.set(namespace, (shelf = { entries: [], byLabel: new Map() }));
      const entry = { item, labels, position };
      shelf.entries.push(entry);
      for (const [key, value] of Object.entries(labels)) {
        const text = labelText(key, value);
        const alike = shelf.byLabel.get(text);
        if (alike === undefined) shelf.byLabel.set(text, [entry]);
        else alike.push(entry);
      }
    }
  }

  /** In the order in which they were given. */
  inNamespace(namespace: string, selector: LabelSelector): Item[] {
    return inOrder(this.#entriesIn(namespace, selector));
  }

  /** Those that one of the peers takes in, in the order in which they were given. */
  takenBy(peers: readonly PodPeer[]): Item[] {
    const entries = peers.flatMap((peer) => this.#namespacesOf(peer).flatMap((namespace) => this.#entriesIn(namespace, peer.pods)));
    return inOrder(peers.length === 1 ? entries : [...new Set(entries)]);
  }

  #entriesIn(namespace: string, selector: LabelSelector): Entry<Item>[] {
    const shelf = this.#shelves.get(namespace);
    if (shelf === undefined) return [];
    const labels = requiredLabels(selector);
    const candidates = labels === undefined ? shelf.entries : [...new Set(labels)].flatMap((label) => shelf.byLabel.get(label) ?? []);
    return candidates.filter((entry) => matchesSelector(selector, entry.labels));
  }

  #namespacesOf(peer: PodPeer): readonly string[] {
    if ('name' in peer.namespaces) return [peer.namespaces.name];
    const key = selectorKey(peer.namespaces.selector);
    let selected = this.#selected.get(key);
    if (selected === undefined) {
      selected = [...this.#shelves.keys()].filter((namespace) => selectsNamespace(peer, namespace, this.#namespaceLabels(namespace)));
      this.#selected.set(key, selected);
    }
    return selected;
  }
}

function inOrder<Item>(entries: Entry<Item>[]): Item[] {
  return entries.sort((a, b) => a.position - b.position).map(({ item }) => item);
}
