/** The peer lists that are live: by their content, by what they take in, and by the port names that they are about. */

import type { Address } from '../model/ip.ts';
import type { Labels } from '../model/labels.ts';
import type { PeerList } from '../policy/peer-list.ts';
import { nameKey, type PortName } from '../policy/ruleset.ts';
import { KeyedSets } from './keyed-sets.ts';
import { ListIndex } from './list-index.ts';
import type { LiveList } from './members.ts';

/** Edges for which a list that nobody uses counts as one more. */
const EDGES_OF_A_LIST = 16;

export class LiveLists {
  readonly #byKey = new Map<string, LiveList>();
  readonly #index = new ListIndex<LiveList>();
  /** Lists of port numbers, by the names of ports. */
  readonly #numbers = new KeyedSets<string, LiveList>();
  readonly #names = new Map<string, { readonly name: PortName; users: number }>();
  #nextId = 1;

  /** Lists that nobody uses. One of many blocks counts for several: its edges take rows that others may need. */
  get unused(): number {
    let count = 0;
    for (const { users, list } of this.#byKey.values()) {
      if (users > 0) continue;
      const edges = list.kind === 'peers' ? list.blocks.edges : { prefixes: 0, addresses: 0 };
      count += 1 + Math.floor((edges.prefixes + edges.addresses) / EDGES_OF_A_LIST);
    }
    return count;
  }

  get(list: PeerList): LiveList | undefined {
    return this.#byKey.get(list.key);
  }

  add(list: PeerList): LiveList {
    const live: LiveList = { id: this.#nextId++, hash: Math.floor(Math.random() * 2 ** 32), list, identities: new Set(), users: 0 };
    this.#byKey.set(list.key, live);
    this.#index.add(live, list);
    if (list.kind === 'port-number') this.#numbers.add(nameKey(list), live);
    return live;
  }

  /** Those of which a pod peer takes in pods with these labels. */
  ofPod(namespace: string, namespaceLabels: Labels, labels: Labels): ReadonlySet<LiveList> {
    return this.#index.ofPod(namespace, namespaceLabels, labels);
  }

  /** Those in one of whose blocks an address lies, or the region of a prefix. */
  *ofAddress(address: Address, length: number): Generator<LiveList> {
    for (const live of this.#index.nearAddress(address, length)) {
      if (live.list.kind === 'peers' && live.list.blocks.contains(address, length)) yield live;
    }
  }

  /** Those of the numbers of a port name. */
  ofName(name: PortName): Iterable<LiveList> {
    return this.#numbers.get(nameKey(name)) ?? [];
  }

  /** True: nobody used the name. */
  acquireName(name: PortName): boolean {
    const entry = this.#names.get(nameKey(name));
    if (entry === undefined) this.#names.set(nameKey(name), { name, users: 1 });
    else entry.users += 1;
    return entry === undefined;
  }

  releaseName(name: PortName): void {
    const entry = this.#names.get(nameKey(name));
    if (entry !== undefined) entry.users -= 1;
  }

  /** By its `nameKey`. */
  liveName(key: string): PortName | undefined {
    return this.#names.get(key)?.name;
  }

  /** Forgets those that nobody uses, and those of names that nobody uses. */
  takeUnused(): LiveList[] {
    const unused = [...this.#byKey.values()].filter((live) => live.users === 0 && live.list.kind === 'peers');
    for (const [key, { users }] of this.#names) {
      if (users > 0) continue;
      this.#names.delete(key);
      unused.push(...(this.#numbers.get(key) ?? []));
    }
    for (const live of unused) {
      this.#byKey.delete(live.list.key);
      this.#index.delete(live, live.list);
      if (live.list.kind === 'port-number') this.#numbers.delete(nameKey(live.list), live);
    }
    return unused;
  }
}
