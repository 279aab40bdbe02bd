/** Which local pod has which interface: finds the missing, lets go of the gone. */

import type { Address } from '../model/ip.ts';
import type { Pod } from '../model/objects.ts';
import type { Binding } from '../compiler/endpoint-table.ts';

/** What discovery says of one address. */
export type FoundInterface =
  | {
      readonly address: Address;
      /** The number that its namespace has here. */
      readonly netnsid: number;
      readonly hostIfindex: number;
      readonly gateways: readonly Address[];
      /** Another namespace carries the address too. */
      readonly contested: boolean;
    }
  /** A pod's interface that has no host side here. */
  | { readonly address: Address; readonly unenforced: string };

/** `settled`: host sides that are somebody's already; the namespaces behind them need not be looked into. */
export type FindInterfaces = (wanted: ReadonlySet<Address>, settled: ReadonlySet<number>) => readonly FoundInterface[];

export interface BoundPod {
  readonly uid: string;
  /** By which the interface was found. */
  readonly address: Address;
  readonly binding: Binding;
  readonly gateways: readonly Address[];
  /** More than one namespace carried its address when it was bound. */
  readonly contested: boolean;
}

export interface InterfaceChanges {
  readonly bound: readonly (BoundPod & { readonly pod: string })[];
  readonly unbound: readonly { readonly pod: string; readonly ifindex: number }[];
}

/** An address that is at no interface for so long after it was told is not expected any more. */
const PATIENCE_MS = 10_000;
const NOWHERE =
  "its address is at no interface that a veth of the agent's network namespace leads to: pods of macvlan, ipvlan or SR-IOV have none, nor have pods whose sandbox is gone";

export class Interfaces {
  readonly #find: FindInterfaces;
  readonly #exists: (ifindex: number) => boolean;
  /** Milliseconds of a clock that only goes forward. */
  readonly #now: () => number;
  readonly #bound = new Map<string, BoundPod>();
  readonly #podOf = new Map<number, string>();
  #unenforced: ReadonlyMap<string, string> = new Map();
  /** What the last look told of interfaces without a host side. */
  #reasons: ReadonlyMap<string, string> = new Map();
  /** Since when each is missing, and as which pod. */
  #missing: ReadonlyMap<string, { readonly uid: string; readonly since: number }> = new Map();
  /** Addresses that were looked for in vain; looking again costs a look into every namespace that is nobody's yet. */
  #lookedFor: ReadonlySet<Address> = new Set();

  constructor(find: FindInterfaces, exists: (ifindex: number) => boolean, now: () => number = () => performance.now()) {
    this.#find = find;
    this.#exists = exists;
    this.#now = now;
  }

  podAt(ifindex: number): string | undefined {
    return this.#podOf.get(ifindex);
  }

  get bound(): ReadonlyMap<string, BoundPod> {
    return this.#bound;
  }

  /** Pods whose interface has no host side here, or is not found for long, with the reason: they are not enforced. */
  get unenforced(): ReadonlyMap<string, string> {
    return this.#unenforced;
  }

  /** Local pods with an address whose interface was not found (yet). */
  get missing(): readonly string[] {
    return [...this.#missing.keys()];
  }

  /** Something about interfaces changed: look again for what was not found. */
  lookAgain(): void {
    this.#lookedFor = new Set();
  }

  /** Compare what is bound with the local pods that have an address, and with the interfaces that exist. */
  refresh(pods: ReadonlyMap<string, Pod>): InterfaceChanges {
    const unbound: { pod: string; ifindex: number }[] = [];
    for (const [key, { uid, address, binding }] of this.#bound) {
      const pod = pods.get(key);
      // One with other addresses has another sandbox, and so another interface.
      if (pod?.uid === uid && pod.addresses.includes(address) && this.#exists(binding.ifindex)) continue;
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
    this.#rememberMissing(pods, new Set(wanted.values()));
    return { bound, unbound };
  }

  #rememberMissing(pods: ReadonlyMap<string, Pod>, wanted: ReadonlySet<string>): void {
    const now = this.#now();
    const missing = new Map<string, { uid: string; since: number }>();
    const unenforced = new Map<string, string>();
    for (const key of wanted) {
      const uid = pods.get(key)?.uid;
      if (uid === undefined || this.#bound.has(key)) continue;
      const known = this.#missing.get(key);
      const since = known?.uid === uid ? known.since : now;
      missing.set(key, { uid, since });
      const reason = this.#reasons.get(key) ?? (now - since >= PATIENCE_MS ? NOWHERE : undefined);
      if (reason !== undefined) unenforced.set(key, reason);
    }
    this.#missing = missing;
    this.#unenforced = unenforced;
  }

  #bind(pods: ReadonlyMap<string, Pod>, wanted: ReadonlyMap<Address, string>): (BoundPod & { pod: string })[] {
    const reasons = new Map<string, string>();
    const bound: (BoundPod & { pod: string })[] = [];
    // Those whose own address is beyond doubt first: then one that also carries another pod's address is not taken for that pod.
    const found = this.#find(new Set(wanted.keys()), new Set(this.#podOf.keys())).toSorted(
      (a, b) => Number(isContested(a)) - Number(isContested(b)),
    );
    for (const one of found) {
      const pod = wanted.get(one.address);
      const uid = pod === undefined ? undefined : pods.get(pod)?.uid;
      if (pod === undefined || uid === undefined || this.#bound.has(pod)) continue;
      if ('unenforced' in one) {
        reasons.set(pod, one.unenforced);
        continue;
      }
      // Another pod's already: a manifest may say an old address, and a pod with NET_ADMIN may give itself anybody's.
      if (this.#podOf.has(one.hostIfindex)) continue;
      const entry = {
        uid,
        address: one.address,
        binding: { ifindex: one.hostIfindex, netns: one.netnsid },
        gateways: one.gateways,
        contested: one.contested,
      };
      this.#bound.set(pod, entry);
      this.#podOf.set(one.hostIfindex, pod);
      bound.push({ pod, ...entry });
    }
    this.#reasons = reasons;
    return bound;
  }
}

function isContested(found: FoundInterface): boolean {
  return 'contested' in found && found.contested;
}
