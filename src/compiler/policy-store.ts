/** The parsed policies, by key and by namespace; those of excluded namespaces apart, where nobody that enforces looks. */

import { namespaceOf } from '../model/objects.ts';
import type { Policy } from '../policy/policy.ts';

export class PolicyStore {
  readonly #excludedNamespaces: ReadonlySet<string>;
  readonly #all = new Map<string, Policy>();
  readonly #excluded = new Map<string, Policy>();
  readonly #byNamespace = new Map<string, Map<string, Policy>>();

  constructor(excludedNamespaces: Iterable<string> = []) {
    this.#excludedNamespaces = new Set(excludedNamespaces);
  }

  /** But for those of excluded namespaces. */
  get all(): ReadonlyMap<string, Policy> {
    return this.#all;
  }

  /** Of excluded namespaces: they isolate nobody. */
  get excluded(): ReadonlyMap<string, Policy> {
    return this.#excluded;
  }

  get excludedNamespaces(): ReadonlySet<string> {
    return this.#excludedNamespaces;
  }

  inNamespace(namespace: string): Iterable<Policy> {
    return this.#byNamespace.get(namespace)?.values() ?? [];
  }

  /** `undefined` removes it. Returns the policy's namespace. */
  set(key: string, policy: Policy | undefined): string {
    const namespace = namespaceOf(key);
    if (this.#excludedNamespaces.has(namespace)) {
      setOrDelete(this.#excluded, key, policy);
      return namespace;
    }
    const siblings = this.#byNamespace.get(namespace) ?? new Map<string, Policy>();
    setOrDelete(this.#all, key, policy);
    setOrDelete(siblings, key, policy);
    if (siblings.size > 0) this.#byNamespace.set(namespace, siblings);
    else this.#byNamespace.delete(namespace);
    return namespace;
  }
}

function setOrDelete(policies: Map<string, Policy>, key: string, policy: Policy | undefined): void {
  if (policy === undefined) policies.delete(key);
  else policies.set(key, policy);
}
