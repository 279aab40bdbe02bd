/** Which local pod has which interface: finds the missing, lets go of the gone. */

import type { Address } from '../model/ip.ts';
import type { Pod } from '../model/objects.ts';
import type { Binding } from '../compiler/endpoint-table.ts';

/** What discovery says of one address. */
export type FoundInterface =
  | {
      readonly address: Address;
      readonly netnsInode: number;
      readonly hostIfindex: number;
      readonly gateways: readonly Address[];
      /** Another namespace carries the address too. */
      readonly contested: boolean;
    }
  /** A pod's interface that has no host side here. */
  | { readonly address: Address; readonly unenforced: string };

export type FindInterfaces = (wanted: ReadonlySet<Address>) => readonly FoundInterface[];

export interface BoundPod {
  readonly uid: string;
  readonly binding: Binding;
  readonly gateways: readonly Address[];
  /** More than one namespace carried its address when it was bound. */
  readonly contested: boolean;
}

export interface InterfaceChanges {
  readonly bound: readonly (BoundPod & { readonly pod: string })[];
  readonly unbound: readonly { readonly pod: string; readonly ifindex: number }[];
}

export class Interfaces {
  readonly #find: FindInterfaces;
  readonly #exists: (ifindex: number) => boolean;
  readonly #bound = new Map<string, BoundPod>();
  readonly #podOf = new Map<number, string>();
  #unenforced: ReadonlyMap<string, string> = new Map();
  #missing: readonly string[] = [];
  /** Addresses that were looked for in vain; looking again costs a walk through every namespace. */
  #lookedFor: ReadonlySet<Address> = new Set();

  constructor(find: FindInterfaces, exists: (ifindex: number) => boolean) {
    this.#find = find;
    this.#exists = exists;
  }

  podAt(ifindex: number): string | undefined {
    return this.#podOf.get(ifindex);
  }

  get bound(): ReadonlyMap<string, BoundPod> {
    return this.#bound;
  }

  /** Pods whose interface has no host side here, with the reason: they are not enforced. */
  get unenforced(): ReadonlyMap<string, string> {
    return this.#unenforced;
  }

  /** Local pods with an address whose interface was not found (yet). */
  get missing(): readonly string[] {
    return this.#missing;
  }

  /** Something about interfaces changed: look again for what was not found. */
  lookAgain(): void {
    this.#lookedFor = new Set();
  }

  /** Compare what is bound with the local pods that have an address, and with the interfaces that exist. */
  refresh(pods: ReadonlyMap<string, Pod>): InterfaceChanges {
    const unbound: { pod: string; ifindex: number }[] = [];
    for (const [key, { uid, binding }] of this.#bound) {
      if (pods.get(key)?.uid === uid && this.#exists(binding.ifindex)) continue;
      this.#bound.delete(key);
      this.#podOf.delete(binding.ifindex);
      unbound.push({ pod: key, ifindex: binding.ifindex });
    }
    if (unbound.length > 0) this.lookAgain();
    const wanted = new Map<Address, string>();
    for (const [key, pod] of pods) {
      if (!this.#bound.has(key)) for (const address of pod.addresses) wanted.set(address, key);
    }
    const look = [...wanted.keys()].some((address) => !this.#lookedFor.has(address));
    const bound = look ? this.#bind(pods, wanted) : [];
    const found = new Set(bound.flatMap(({ pod }) => pods.get(pod)?.addresses ?? []));
    this.#lookedFor = new Set([...wanted.keys()].filter((address) => !found.has(address)));
    this.#unenforced = new Map([...this.#unenforced].filter(([key]) => pods.has(key)));
    this.#missing = [...new Set(wanted.values())].filter((key) => !this.#bound.has(key));
    return { bound, unbound };
  }

  #bind(pods: ReadonlyMap<string, Pod>, wanted: ReadonlyMap<Address, string>): (BoundPod & { pod: string })[] {
    const unenforced = new Map<string, string>();
    const bound: (BoundPod & { pod: string })[] = [];
    // Those whose own address is beyond doubt first: then one that also carries another pod's address is not taken for that pod.
    const found = this.#find(new Set(wanted.keys())).toSorted((a, b) => Number(isContested(a)) - Number(isContested(b)));
    for (const one of found) {
      const pod = wanted.get(one.address);
      const uid = pod === undefined ? undefined : pods.get(pod)?.uid;
      if (pod === undefined || uid === undefined || this.#bound.has(pod)) continue;
      if ('unenforced' in one) {
        unenforced.set(pod, one.unenforced);
        continue;
      }
      // Another pod's already: a manifest may say an old address, and a pod with NET_ADMIN may give itself anybody's.
      if (this.#podOf.has(one.hostIfindex)) continue;
      const entry = { uid, binding: { ifindex: one.hostIfindex, netns: one.netnsInode }, gateways: one.gateways, contested: one.contested };
      this.#bound.set(pod, entry);
      this.#podOf.set(one.hostIfindex, pod);
      bound.push({ pod, ...entry });
    }
    this.#unenforced = unenforced;
    return bound;
  }
}

function isContested(found: FoundInterface): boolean {
  return 'contested' in found && found.contested;
}
