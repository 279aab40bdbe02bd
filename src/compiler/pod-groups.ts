/** Pods by namespace and labels: what selectors can tell apart, and which of them a peer list selects. */

import type { Labels } from '../model/labels.ts';
import type { ContainerPort } from '../model/objects.ts';
import { selectsNamespace, type PeerList, type PodPeer } from '../policy/peer-list.ts';
import { labelsKey, labelText, matchesSelector, requiredLabels, selectorKey } from '../policy/selector.ts';
import { KeyedSets } from './keyed-sets.ts';
import type { Member, PodGroup } from './members.ts';

/** A pod's labels and ports, as far as peer lists ask. */
export interface PodFacts {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly ports: readonly ContainerPort[];
}

/** Selectors of namespaces whose answers are kept. */
const ANSWERS_KEPT = 1024;
const NO_GROUPS: ReadonlySet<PodGroup> = new Set();

export class PodGroups {
  readonly #groups = new Map<string, PodGroup>();
  readonly #byNamespace = new KeyedSets<string, PodGroup>();
  readonly #byLabel = new KeyedSets<string, PodGroup>();
  /** Namespaces with groups, by the keys of selectors that were asked since a group came, went or changed. */
  readonly #namespaces = new Map<string, readonly string[]>();

  all(): Iterable<PodGroup> {
    return this.#groups.values();
  }

  inNamespace(namespace: string): Iterable<PodGroup> {
    return this.#byNamespace.get(namespace) ?? [];
  }

  /** The groups that a list's pod peers take in. A peer that asks for a label looks only at those that have it. */
  selectedBy(list: PeerList): Set<PodGroup> {
    const selected = new Set<PodGroup>();
    if (list.kind !== 'peers') return selected;
    for (const peer of list.pods) {
      for (const group of this.#candidates(peer)) {
        if (selected.has(group) || !selectsNamespace(peer, group.namespace, group.namespaceLabels)) continue;
        if (matchesSelector(peer.pods, group.labels)) selected.add(group);
      }
    }
    return selected;
  }

  setNamespaceLabels(namespace: string, labels: Labels): void {
    this.#namespaces.clear();
    for (const group of this.inNamespace(namespace)) group.namespaceLabels = labels;
  }

  /** `made` hears of a group that was not there. */
  join(member: Member, facts: PodFacts, made: (group: PodGroup) => void): void {
    const { namespace, namespaceLabels, labels } = facts;
    const key = `${namespace}\n${labelsKey(labels)}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, namespace, namespaceLabels, labels, lists: new Set(), members: new Set() };
      this.#groups.set(key, group);
      this.#namespaces.clear();
      this.#byNamespace.add(namespace, group);
      for (const label in labels) this.#byLabel.add(labelText(label, labels[label] ?? ''), group);
      made(group);
    }
    group.members.add(member);
    member.group = group;
  }

  leave(member: Member): void {
    const group = member.group;
    if (group === undefined) return;
    group.members.delete(member);
    member.group = undefined;
    if (group.members.size > 0) return;
    this.#groups.delete(group.key);
    this.#namespaces.clear();
    this.#byNamespace.delete(group.namespace, group);
    for (const label in group.labels) this.#byLabel.delete(labelText(label, group.labels[label] ?? ''), group);
  }

  *#candidates(peer: PodPeer): Generator<PodGroup> {
    const labels = requiredLabels(peer.pods);
    const own = 'name' in peer.namespaces ? (this.#byNamespace.get(peer.namespaces.name) ?? NO_GROUPS) : undefined;
    if (labels !== undefined && (own === undefined || labels.length < own.size)) {
      for (const label of labels) yield* this.#byLabel.get(label) ?? [];
    } else if (own !== undefined) {
      yield* own;
    } else {
      for (const namespace of this.#namespacesOf(peer)) yield* this.#byNamespace.get(namespace) ?? NO_GROUPS;
    }
  }

  #namespacesOf(peer: PodPeer): readonly string[] {
    if ('name' in peer.namespaces) return [peer.namespaces.name];
    const key = selectorKey(peer.namespaces.selector);
    let namespaces = this.#namespaces.get(key);
    if (namespaces === undefined) {
      if (this.#namespaces.size >= ANSWERS_KEPT) this.#namespaces.clear();
      namespaces = [...this.#byNamespace.values()].flatMap(([first]) =>
        first !== undefined && selectsNamespace(peer, first.namespace, first.namespaceLabels) ? [first.namespace] : [],
      );
      this.#namespaces.set(key, namespaces);
    }
    return namespaces;
  }
}
