/** The pods whose policies are compiled: which policies select each, and the rulesets that follow. */

import type { Pod } from '../model/objects.ts';
import { DIRECTIONS, type Direction } from '../model/verdict.ts';
import type { Policy } from '../policy/policy.ts';
import { makeRuleset } from '../policy/ruleset.ts';
import { labelsKey, matchesSelector } from '../policy/selector.ts';
import type { Candidate } from './admission.ts';
import type { PolicyStore } from './policy-store.ts';
import type { Ruleset, RulesetTable } from './ruleset-table.ts';

export interface Subject {
  readonly pod: Pod;
  /** Policies that select the pod and have this direction. */
  readonly policies: Readonly<Record<Direction, readonly Policy[]>>;
  readonly rulesets: Readonly<Record<Direction, Ruleset | undefined>>;
}

export class Subjects {
  readonly #policies: PolicyStore;
  readonly #rulesets: RulesetTable;
  readonly #subjects = new Map<string, Subject>();
  readonly #byNamespace = new Map<string, Set<string>>();
  readonly #stale = new Set<string>();

  constructor(policies: PolicyStore, rulesets: RulesetTable) {
    this.#policies = policies;
    this.#rulesets = rulesets;
  }

  get(pod: string): Subject | undefined {
    return this.#subjects.get(pod);
  }

  all(): Iterable<[string, Subject]> {
    return this.#subjects.entries();
  }

  /** The pod is to be looked at again. */
  invalidate(pod: string): void {
    this.#stale.add(pod);
  }

  invalidateNamespace(namespace: string): void {
    for (const pod of this.#byNamespace.get(namespace) ?? []) this.#stale.add(pod);
  }

  /** `podOf` gives a pod that is a subject, `undefined` for one that is none (any more). Policies in `refused` count as having no rules. False: nothing was stale. */
  refresh(podOf: (key: string) => Pod | undefined, refused: ReadonlyMap<string, unknown>): boolean {
    const changed = this.#stale.size > 0;
    for (const key of this.#stale) {
      const old = this.#subjects.get(key);
      const pod = podOf(key);
      if (old !== undefined) this.#forget(key, old);
      if (pod !== undefined) this.#remember(key, this.#make(pod, refused));
      // Given back only now, so that an unchanged ruleset never had no users.
      for (const direction of DIRECTIONS) {
        const ruleset = old?.rulesets[direction];
        if (ruleset !== undefined) this.#rulesets.release(ruleset);
      }
    }
    this.#stale.clear();
    return changed;
  }

  /** Policies that select a subject, with how many different label sets they select: about as many rulesets may hold their rules. */
  candidates(): Candidate[] {
    const labels = new Map<Policy, Set<string>>();
    for (const { pod, policies } of this.#subjects.values()) {
      for (const policy of new Set([...policies.ingress, ...policies.egress])) {
        labels.set(policy, (labels.get(policy) ?? new Set()).add(labelsKey(pod.labels)));
      }
    }
    return [...labels].map(([policy, { size }]) => ({ policy, subjects: size }));
  }

  /** A subject depends on the pod's own labels and ports and on its namespace's policies, never on namespace labels. */
  #make(pod: Pod, refused: ReadonlyMap<string, unknown>): Subject {
    const selecting = [...this.#policies.inNamespace(pod.namespace)].filter(
      (policy) => policy.subject !== undefined && matchesSelector(policy.subject, pod.labels),
    );
    const policiesOf = (direction: Direction): Policy[] => selecting.filter((policy) => policy.rules[direction] !== undefined);
    const policies = { ingress: policiesOf('ingress'), egress: policiesOf('egress') };
    const rulesetOf = (direction: Direction): Ruleset | undefined => {
      if (policies[direction].length === 0) return undefined;
      const enforced = policies[direction].filter((policy) => !refused.has(policy.key));
      return this.#rulesets.acquire(makeRuleset(direction, enforced, pod.ports));
    };
    return { pod, policies, rulesets: { ingress: rulesetOf('ingress'), egress: rulesetOf('egress') } };
  }

  #remember(key: string, subject: Subject): void {
    this.#subjects.set(key, subject);
    const siblings = this.#byNamespace.get(subject.pod.namespace);
    if (siblings === undefined) this.#byNamespace.set(subject.pod.namespace, new Set([key]));
    else siblings.add(key);
  }

  #forget(key: string, { pod }: Subject): void {
    this.#subjects.delete(key);
    const siblings = this.#byNamespace.get(pod.namespace);
    siblings?.delete(key);
    if (siblings?.size === 0) this.#byNamespace.delete(pod.namespace);
  }
}
