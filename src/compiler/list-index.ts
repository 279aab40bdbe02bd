/** Which of many live peer lists take in a pod, or an address: by the labels that they ask for, and by the prefixes under which their blocks begin. */

import { maskAddress, type Address } from '../model/ip.ts';
import type { Labels } from '../model/labels.ts';
import { selectsNamespace, type PeerList, type PodPeer } from '../policy/peer-list.ts';
import { labelText, matchesSelector, requiredLabels } from '../policy/selector.ts';
import { KeyedSets } from './keyed-sets.ts';

interface Entry<Item> {
  readonly item: Item;
  readonly peer: PodPeer;
}

/** `Item` stands for a list, e.g. the live one of that content. */
export class ListIndex<Item> {
  /** By a namespace (`''`: chosen by selector) and a label that a pod must have (`''`: none). */
  readonly #pods = new KeyedSets<string, Entry<Item>>();
  readonly #entries = new Map<Item, Entry<Item>[]>();
  readonly #blocks = new Map<number, KeyedSets<Address, Item>>();

  add(item: Item, list: PeerList): void {
    if (list.kind !== 'peers') return;
    const entries = list.pods.map((peer): Entry<Item> => ({ item, peer }));
    this.#entries.set(item, entries);
    for (const entry of entries) for (const place of placesOf(entry.peer)) this.#pods.add(place, entry);
    for (const { address, length } of list.blocks.cidrs()) {
      let nodes = this.#blocks.get(length);
      if (nodes === undefined) this.#blocks.set(length, (nodes = new KeyedSets()));
      nodes.add(address, item);
    }
  }

  delete(item: Item, list: PeerList): void {
    if (list.kind !== 'peers') return;
    for (const entry of this.#entries.get(item) ?? []) for (const place of placesOf(entry.peer)) this.#pods.delete(place, entry);
    this.#entries.delete(item);
    for (const { address, length } of list.blocks.cidrs()) this.#blocks.get(length)?.delete(address, item);
  }

  /** Lists of which a pod peer takes in pods with these labels. */
  ofPod(namespace: string, namespaceLabels: Labels, labels: Labels): Set<Item> {
    const found = new Set<Item>();
    const ask = (place: string): void => {
      for (const { item, peer } of this.#pods.get(place) ?? []) {
        if (found.has(item) || !selectsNamespace(peer, namespace, namespaceLabels)) continue;
        if (matchesSelector(peer.pods, labels)) found.add(item);
      }
    };
    for (const scope of [namespace, '']) {
      ask(placeOf(scope, ''));
      for (const label in labels) ask(placeOf(scope, labelText(label, labels[label] ?? '')));
    }
    return found;
  }

  /** Lists in one of whose blocks an address may lie, or the region of a prefix: whether it does, the list knows. */
  nearAddress(address: Address, prefixLength: number): Set<Item> {
    const found = new Set<Item>();
    for (const [length, nodes] of this.#blocks) {
      if (length > prefixLength) continue;
      for (const item of nodes.get(maskAddress(address, length)) ?? []) found.add(item);
    }
    return found;
  }
}

function placesOf(peer: PodPeer): readonly string[] {
  const scope = 'name' in peer.namespaces ? peer.namespaces.name : '';
  return (requiredLabels(peer.pods) ?? ['']).map((label) => placeOf(scope, label));
}

function placeOf(scope: string, label: string): string {
  return `${scope}\n${label}`;
}
