/** Pods by namespace and labels: what selectors can tell apart. */

import type { Labels } from '../model/labels.ts';
import type { ContainerPort } from '../model/objects.ts';
import { labelsKey } from '../policy/selector.ts';
import type { Member, PodGroup } from './members.ts';

/** A pod's labels and ports, as far as peer lists ask. */
export interface PodFacts {
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly ports: readonly ContainerPort[];
}

export class PodGroups {
  readonly #groups = new Map<string, PodGroup>();
  readonly #byNamespace = new Map<string, Set<PodGroup>>();

  all(): Iterable<PodGroup> {
    return this.#groups.values();
  }

  inNamespace(namespace: string): Iterable<PodGroup> {
    return this.#byNamespace.get(namespace) ?? [];
  }

  /** `made` hears of a group that was not there. */
  join(member: Member, facts: PodFacts, made: (group: PodGroup) => void): void {
    const { namespace, namespaceLabels, labels } = facts;
    const key = `${namespace}\n${labelsKey(labels)}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, namespace, namespaceLabels, labels, lists: new Set(), members: new Set() };
      this.#groups.set(key, group);
      const siblings = this.#byNamespace.get(namespace);
      if (siblings === undefined) this.#byNamespace.set(namespace, new Set([group]));
      else siblings.add(group);
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
    const siblings = this.#byNamespace.get(group.namespace);
    siblings?.delete(group);
    if (siblings?.size === 0) this.#byNamespace.delete(group.namespace);
  }
}
