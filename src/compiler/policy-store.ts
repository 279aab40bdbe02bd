/** The parsed policies, by key and by namespace. */

import type { Policy } from '../policy/policy.ts';

export class PolicyStore {
  readonly #all = new Map<string, Policy>();
  readonly #byNamespace = new Map<string, Map<string, Policy>>();

  get all(): ReadonlyMap<string, Policy> {
    return this.#all;
  }

  inNamespace(namespace: string): Iterable<Policy> {
    return this.#byNamespace.get(namespace)?.values() ?? [];
  }

  /** `undefined` removes it. Returns the policy's namespace. */
  set(key: string, policy: Policy | undefined): string {
    const namespace = key.slice(0, key.indexOf('/'));
    const siblings = this.#byNamespace.get(namespace) ?? new Map<string, Policy>();
    if (policy === undefined) {
      this.#all.delete(key);
      siblings.delete(key);
    } else {
      this.#all.set(key, policy);
      siblings.set(key, policy);
    }
    if (siblings.size > 0) this.#byNamespace.set(namespace, siblings);
    else this.#byNamespace.delete(namespace);
    return namespace;
  }
}
