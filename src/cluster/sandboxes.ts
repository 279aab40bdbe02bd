/** What this node's container runtime says of its pods' addresses, laid over what the API server says: on its own node the runtime knows best. */

import { MIRROR_ANNOTATION, objectKey, type Pod } from '../model/objects.ts';
import type { Sandbox } from '../model/sandbox.ts';

export class Sandboxes {
  /** By key of the pod: its newest sandbox that lives, or one that has ended. */
  #words: ReadonlyMap<string, Sandbox> = new Map();

  /**
   * All sandboxes that there are now, or `undefined`: nobody knows. Returns the keys of pods for which something else is said than before. One that was
   * there has ended when it is missing; that is remembered for as long as `isKnown` says that its pod is.
   */
  update(sandboxes: readonly Sandbox[] | undefined, isKnown: (sandbox: Sandbox) => boolean): readonly string[] {
    const words = new Map<string, Sandbox>();
    for (const sandbox of sandboxes ?? []) {
      const key = objectKey(sandbox);
      const other = words.get(key);
      if (other === undefined || compare(other, sandbox) < 0) words.set(key, sandbox);
    }
    if (sandboxes !== undefined) {
      for (const [key, before] of this.#words) {
        if (!words.has(key) && isKnown(before)) words.set(key, { ...before, addresses: [] });
      }
    }
    const changed = [...new Set([...this.#words.keys(), ...words.keys()])].filter((key) => !sameWord(this.#words.get(key), words.get(key)));
    this.#words = words;
    return changed;
  }

  /** The pod with the addresses that its sandbox has; as it was told where nothing is known of one. */
  overlay(pod: Pod): Pod {
    const word = this.#words.get(objectKey(pod));
    if (word === undefined || pod.hostNetwork || !isSandboxOf(word, pod) || sameAddresses(word.addresses, pod.addresses)) return pod;
    return { ...pod, addresses: word.addresses, startedAt: pod.startedAt ?? word.createdAt };
  }
}

/** A name is used again by other pods, a uid never is. The name counts too: anybody can write an annotation. */
export function isSandboxOf(sandbox: Pick<Sandbox, 'namespace' | 'name' | 'uid'>, pod: Pod): boolean {
  const named = sandbox.namespace === pod.namespace && sandbox.name === pod.name;
  return named && (sandbox.uid === pod.uid || sandbox.uid === pod.annotations[MIRROR_ANNOTATION]);
}

/** What lives is newer than what has ended. */
function compare(a: Sandbox, b: Sandbox): number {
  return Number(a.addresses.length > 0) - Number(b.addresses.length > 0) || a.createdAt - b.createdAt;
}

function sameWord(a: Sandbox | undefined, b: Sandbox | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.uid === b.uid && sameAddresses(a.addresses, b.addresses));
}

function sameAddresses(a: readonly bigint[], b: readonly bigint[]): boolean {
  return a.length === b.length && a.every((address) => b.includes(address));
}
