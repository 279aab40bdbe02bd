/** The pods whose policies are compiled: which policies select each, and the rulesets that follow once it is known which of them fit. */

import type { Pod } from '../model/objects.ts';
import { DIRECTIONS, type Direction } from '../model/verdict.ts';
import type { PeerList } from '../policy/peer-list.ts';
import type { Policy } from '../policy/policy.ts';
import { makeRuleset } from '../policy/ruleset.ts';
import { matchesSelector } from '../policy/selector.ts';
import type { Selections } from './admissions.ts';
import type { Selection } from './claims.ts';
import { KeyedSets } from './keyed-sets.ts';
import type { PolicyStore } from './policy-store.ts';
import type { Ruleset, RulesetTable } from './ruleset-table.ts';

export interface Subject {
  readonly pod: Pod;
  /** Policies that select the pod, also while none is enforced. */
  readonly selectedBy: readonly Policy[];
  /** Those of them that isolate it in this direction. */
  readonly policies: Readonly<Record<Direction, readonly Policy[]>>;
  /** As last compiled; of a pod that never was, none. */
  readonly rulesets: Readonly<Record<Direction, Ruleset | undefined>>;
  readonly compiled: boolean;
}

export interface CompileOptions {
  /** Policies that are taken for policies without rules, by their key. */
  readonly refusedAt: (node: string) => ReadonlyMap<string, unknown>;
  /**
   * For one ruleset: asked of its lists one after the other. False: the kernel has no room for the list now beside those before it, so no rule that needs it
   * is compiled.
   */
  readonly findRoom: () => (list: PeerList) => boolean;
}

const NO_RULESETS = { ingress: undefined, egress: undefined };
const NO_POLICIES = { ingress: [], egress: [] };

export class Subjects {
  readonly #policies: PolicyStore;
  readonly #rulesets: RulesetTable;
  readonly #isOff: (node: string | undefined) => boolean;
  readonly #subjects = new Map<string, Subject>();
  readonly #byNamespace = new KeyedSets<string, string>();
  readonly #stale = new Set<string>();
  /** By namespace. */
  readonly #uncompiled = new KeyedSets<string, string>();
  /** Compiled without rules for which there was no room. */
  readonly #cramped = new Set<string>();
  /** How many subjects each policy selects. */
  readonly #selected = new Map<string, number>();

  /** `isOff`: at this node no policy isolates anybody. */
  constructor(policies: PolicyStore, rulesets: RulesetTable, isOff: (node: string | undefined) => boolean) {
    this.#policies = policies;
    this.#rulesets = rulesets;
    this.#isOff = isOff;
  }

  get(pod: string): Subject | undefined {
    return this.#subjects.get(pod);
  }

  all(): Iterable<[string, Subject]> {
    return this.#subjects.entries();
  }

  egressRulesets(): ReadonlySet<Ruleset> {
    return new Set([...this.#subjects.values()].flatMap(({ rulesets }) => (rulesets.egress === undefined ? [] : [rulesets.egress])));
  }

  /** Pods of which less is allowed than their policies say, for want of room. */
  get cramped(): number {
    return this.#cramped.size;
  }

  /** How many the policy selects, enforced or not. */
  countSelected(policy: string): number {
    return this.#selected.get(policy) ?? 0;
  }

  hasAny(namespace: string): boolean {
    return this.#byNamespace.get(namespace) !== undefined;
  }

  /** The pod is to be looked at again. */
  invalidate(pod: string): void {
    this.#stale.add(pod);
  }

  invalidateNamespace(namespace: string): void {
    for (const pod of this.#byNamespace.get(namespace) ?? []) this.#stale.add(pod);
  }

  invalidateNode(node: string): void {
    for (const [key, { pod }] of this.#subjects) if (pod.nodeName === node) this.#stale.add(key);
  }

  /** Find who selects what has changed. `podOf` gives a pod that is a subject, `undefined` for one that is none (any more). Returns their namespaces. */
  select(podOf: (key: string) => Pod | undefined): Set<string> {
    const namespaces = new Set<string>();
    for (const key of this.#stale) {
      const old = this.#subjects.get(key);
      const pod = podOf(key);
      const namespace = (pod ?? old?.pod)?.namespace;
      if (namespace === undefined) continue;
      namespaces.add(namespace);
      if (pod === undefined) {
        this.#forget(key, namespace);
        continue;
      }
      const { rulesets, compiled } = old ?? { rulesets: NO_RULESETS, compiled: false };
      const selectedBy = this.#selecting(pod);
      this.#subjects.set(key, { pod, selectedBy, policies: this.#isolating(pod, selectedBy), rulesets, compiled });
      this.#count(selectedBy, 1);
      if (old !== undefined) this.#count(old.selectedBy, -1);
      this.#byNamespace.add(namespace, key);
      this.#uncompiled.add(namespace, key);
    }
    this.#stale.clear();
    return namespaces;
  }

  /** Make the rulesets of what has changed in a namespace; of all its subjects, where other policies are refused than before. */
  compile(namespace: string, all: boolean, options: CompileOptions): void {
    for (const key of [...((all ? this.#byNamespace : this.#uncompiled).get(namespace) ?? [])]) {
      this.#uncompiled.delete(namespace, key);
      this.#compileOne(key, options);
    }
  }

  /** Compile again what had no room. */
  compileCramped(options: CompileOptions): void {
    for (const key of [...this.#cramped]) this.#compileOne(key, options);
  }

  /** What selects the namespace's subjects, by node: subjects with the same policies and ports get the same ruleset. */
  selections(namespace: string): Selections {
    const byNode = new Map<string, Map<string, { direction: Direction; policies: readonly Policy[]; ports: Set<string> }>>();
    for (const key of this.#byNamespace.get(namespace) ?? []) {
      const subject = this.#subjects.get(key);
      if (subject === undefined) continue;
      const node = nodeOf(subject.pod);
      const selections = byNode.get(node) ?? new Map();
      byNode.set(node, selections);
      for (const direction of DIRECTIONS) {
        const policies = subject.policies[direction];
        if (policies.length === 0) continue;
        const id = `${direction} ${policies.map((policy) => policy.key).join(' ')}`;
        const selection = selections.get(id) ?? { direction, policies, ports: new Set<string>() };
        selections.set(id, selection);
        selection.ports.add(
          direction === 'ingress' ? subject.pod.ports.map(({ protocol, name, port }) => `${protocol} ${name} ${port}`).join() : '',
        );
      }
    }
    return new Map(
      [...byNode].map(([node, selections]): [string, Selection[]] => [
        node,
        [...selections.values()].map(({ direction, policies, ports }) => ({
          direction,
          policies,
          rulesets: policies.some(namesOwnPorts) ? ports.size : 1,
        })),
      ]),
    );
  }

  #compileOne(key: string, { refusedAt, findRoom }: CompileOptions): void {
    const old = this.#subjects.get(key);
    if (old === undefined) return;
    const { pod, policies, selectedBy } = old;
    const refused = refusedAt(nodeOf(pod));
    this.#cramped.delete(key);
    const rulesetOf = (direction: Direction): Ruleset | undefined => {
      if (policies[direction].length === 0) return undefined;
      const enforced = policies[direction].filter((policy) => !refused.has(policy.key));
      const hasRoom = findRoom();
      const takes = (list: PeerList): boolean => {
        const fits = hasRoom(list);
        if (!fits) this.#cramped.add(key);
        return fits;
      };
      return this.#rulesets.acquire(makeRuleset(direction, enforced, pod.ports, takes));
    };
    const rulesets = { ingress: rulesetOf('ingress'), egress: rulesetOf('egress') };
    this.#subjects.set(key, { pod, selectedBy, policies, rulesets, compiled: true });
    // Given back only now, so that an unchanged ruleset never had no users.
    this.#release(old);
  }

  /** A subject depends on the pod's own labels and ports and on its namespace's policies, never on namespace labels. */
  #selecting(pod: Pod): Policy[] {
    return [...this.#policies.inNamespace(pod.namespace)].filter(
      (policy) => policy.subject !== undefined && matchesSelector(policy.subject, pod.labels),
    );
  }

  #isolating(pod: Pod, selecting: readonly Policy[]): Subject['policies'] {
    if (this.#isOff(pod.nodeName)) return NO_POLICIES;
    const policiesOf = (direction: Direction): Policy[] => selecting.filter((policy) => policy.rules[direction] !== undefined);
    return { ingress: policiesOf('ingress'), egress: policiesOf('egress') };
  }

  #count(policies: readonly Policy[], by: 1 | -1): void {
    for (const { key } of policies) {
      const count = this.countSelected(key) + by;
      if (count > 0) this.#selected.set(key, count);
      else this.#selected.delete(key);
    }
  }

  #forget(key: string, namespace: string): void {
    const subject = this.#subjects.get(key);
    if (subject !== undefined) {
      this.#release(subject);
      this.#count(subject.selectedBy, -1);
    }
    this.#subjects.delete(key);
    this.#byNamespace.delete(namespace, key);
    this.#uncompiled.delete(namespace, key);
    this.#cramped.delete(key);
  }

  #release({ rulesets }: Subject): void {
    for (const direction of DIRECTIONS) {
      const ruleset = rulesets[direction];
      if (ruleset !== undefined) this.#rulesets.release(ruleset);
    }
  }
}

function nodeOf(pod: Pod): string {
  return pod.nodeName ?? '';
}

/** Its ingress names ports of the pods that it selects. */
function namesOwnPorts(policy: Policy): boolean {
  return (policy.rules.ingress ?? []).some((rule) => rule.ports?.some((port) => 'name' in port) === true);
}
